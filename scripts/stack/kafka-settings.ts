import { join } from 'node:path'
import type { Address } from './kafka-probe.ts'

/** How many nodes, and whether controllers are nodes of their own. */
export type KafkaShape = 'one' | 'three' | 'six'

/** One node of a cluster with the ports that it listens on. */
export type KafkaNode = {
  readonly name: string
  readonly id: number
  readonly isBroker: boolean
  readonly isController: boolean
  /** For clients, for the other brokers, for the quorum; what a node does not have is unused. */
  readonly ports: {
    readonly client: number
    readonly internal: number
    readonly quorum: number
    readonly far: number
  }
}

/** What is the same for all nodes of a cluster. */
export type ClusterSettings = {
  readonly folder: string
  readonly minIsr: number | undefined
  readonly extra: Readonly<Record<string, string>>
  /** Settings of a secured client listener; undefined leaves it open. */
  readonly secured: Readonly<Record<string, string>> | undefined
  /** By broker: where clients from afar are told to come; undefined: there are none. */
  readonly far?: readonly Address[] | undefined
}

/** Ports that one node may need. */
export const PORTS_PER_NODE = 4

/** The nodes of a shape: k1; n1 n2 n3; or controllers c1 c2 c3 and brokers b1 b2 b3. */
export function nodesOf(shape: KafkaShape, ports: readonly number[]): readonly KafkaNode[] {
  return NAMES[shape].map((name, index) => {
    const [client = 0, internal = 0, quorum = 0, far = 0] = ports.slice(index * PORTS_PER_NODE)
    const number = Number(name.slice(1))
    return {
      name,
      id: name.startsWith('c') ? 100 + number : number,
      isBroker: !name.startsWith('c'),
      isController: !name.startsWith('b'),
      ports: { client, internal, quorum, far },
    }
  })
}

const NAMES: Readonly<Record<KafkaShape, readonly string[]>> = {
  one: ['k1'],
  three: ['n1', 'n2', 'n3'],
  six: ['c1', 'c2', 'c3', 'b1', 'b2', 'b3'],
}

/** The properties of one node of KRaft. */
export function kafkaSettings(
  node: KafkaNode,
  nodes: readonly KafkaNode[],
  settings: ClusterSettings,
): Readonly<Record<string, string>> {
  const { ports, isBroker, isController } = node
  const brokers = nodes.filter((other) => other.isBroker)
  const far = settings.far?.[brokers.indexOf(node)]
  const listeners = [
    ...(isBroker ? [`CLIENT://127.0.0.1:${ports.client}`] : []),
    ...(isBroker ? [`INTERNAL://127.0.0.1:${ports.internal}`] : []),
    ...(far ? [`FAR://127.0.0.1:${ports.far}`] : []),
    ...(isController ? [`CONTROLLER://127.0.0.1:${ports.quorum}`] : []),
  ]
  const voters = nodes.filter((other) => other.isController)
  const roles = [...(isBroker ? ['broker'] : []), ...(isController ? ['controller'] : [])]
  const client = settings.secured ? 'SASL_SSL' : 'PLAINTEXT'
  const protocols = `CLIENT:${client},INTERNAL:PLAINTEXT,FAR:PLAINTEXT`
  return {
    'process.roles': roles.join(),
    'node.id': String(node.id),
    'controller.quorum.voters': voters
      .map(({ id, ports: { quorum } }) => `${id}@127.0.0.1:${quorum}`)
      .join(),
    listeners: listeners.join(),
    ...(far && {
      'advertised.listeners': [...listeners.slice(0, 2), `FAR://${far.host}:${far.port}`].join(),
    }),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,${protocols}`,
    ...(isBroker && { 'inter.broker.listener.name': 'INTERNAL' }),
    'log.dirs': join(settings.folder, node.name),
    ...brokerDefaults(brokers.length, settings.minIsr),
    ...settings.secured,
    ...settings.extra,
  }
}

/**
 * Settings that suit a laptop. They go into the files of controllers too: with eligible leader
 * replicas the first active controller makes its own `min.insync.replicas` the one of the cluster.
 */
export function brokerDefaults(
  brokers: number,
  minIsr: number | undefined,
): Readonly<Record<string, string>> {
  const copies = String(Math.min(3, brokers))
  const isr = String(minIsr ?? Math.min(2, brokers))
  return {
    'num.network.threads': '2',
    'num.io.threads': '4',
    'num.partitions': '4',
    'log.segment.bytes': '67108864',
    'group.initial.rebalance.delay.ms': '0',
    'default.replication.factor': copies,
    'min.insync.replicas': isr,
    'offsets.topic.num.partitions': '5',
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.num.partitions': '5',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': isr,
    'share.coordinator.state.topic.num.partitions': '5',
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': isr,
  }
}

/** The text of a properties file; a backslash begins an escape there. */
export const propertiesText = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('')
