import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { javaCommand } from './java.ts'
import { formatNodes } from './kafka-format.ts'
import { brokerLacks, controllerLacks, type Address } from './kafka-probe.ts'
import {
  kafkaSettings,
  nodesOf,
  PORTS_PER_NODE,
  propertiesText,
  type ClusterSettings,
  type KafkaNode,
  type KafkaShape,
} from './kafka-settings.ts'
import { kafkaSecurity, scramArgs, securedSettings } from './kafka-security.ts'
import type { NodeSpec } from './nodes.ts'
import { startCluster, type StartedCluster } from './started-cluster.ts'

/** How a cluster is to be. */
export type KafkaOptions = {
  readonly shape: KafkaShape
  /** `min.insync.replicas`, also of Kafka's own topics; 2, or 1 of one broker, when not said. */
  readonly minIsr?: number
  /** More settings of every node: `{ 'broker.session.timeout.ms': '3000' }`. */
  readonly extra?: Readonly<Record<string, string>>
  /** Where data and logs go and stay; a temporary folder, deleted at the end, when not said. */
  readonly folder?: string
  /** `sasl-ssl`: clients log in over TLS and need rights. Open, when not said. */
  readonly security?: 'none' | 'sasl-ssl'
  /**
   * Of each broker, where clients that come to `far` of the cluster are told to come: a link
   * between the two can be cut while others go on.
   */
  readonly far?: readonly Address[]
  /** The only host name in the brokers' certificate; 127.0.0.1 and localhost, when not said. */
  readonly certificateHost?: string
}

/** A cluster of real servers. Nothing of it outlives our process, however that ends. */
export type KafkaCluster = StartedCluster

/** Of the Java of a broker: small, with pauses that a test does not notice. */
export const BROKER_FLAGS: readonly string[] = [
  '-Xmx512m',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
]
const CONTROLLER_FLAGS = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** Starts Kafka 4.3.1 and waits until each broker lists all of them. */
export function startKafka(options: KafkaOptions): Promise<KafkaCluster> {
  const portCount = nodesOf(options.shape, []).length * PORTS_PER_NODE
  return startCluster({ folder: options.folder, portCount }, async ({ folder, ports }) => {
    const nodes = nodesOf(options.shape, ports)
    const { minIsr, extra = {} } = options
    const isSecured = options.security === 'sasl-ssl'
    const secured = isSecured ? await securedSettings(folder, options.certificateHost) : undefined
    const settings: ClusterSettings = { folder, minIsr, extra, secured, far: options.far }
    for (const node of nodes) {
      const text = propertiesText(kafkaSettings(node, nodes, settings))
      await writeFile(join(folder, `${node.name}.properties`), text)
    }
    await formatNodes(folder, nodes, isSecured ? scramArgs : [])
    const specs = await Promise.all(nodes.map((node) => specOf(folder, node)))
    const brokers = nodes.filter(({ isBroker }) => isBroker)
    const bootstrap = brokers.map(({ ports: { client } }) => local(client))
    const internal = brokers.map(({ ports }) => local(ports.internal))
    const far = options.far && { far: brokers.map(({ ports }) => local(ports.far)) }
    const security = isSecured && { security: await kafkaSecurity(folder, internal) }
    return { stages: [specs], set: 'kafka', bootstrap, ...far, ...security }
  })
}

const local = (port: number): Address => ({ host: '127.0.0.1', port })

async function specOf(folder: string, node: KafkaNode): Promise<NodeSpec> {
  const { name, isBroker, ports, id } = node
  const command = await javaCommand({
    set: 'kafka',
    flags: isBroker ? BROKER_FLAGS : CONTROLLER_FLAGS,
    className: 'kafka.Kafka',
    args: [join(folder, `${name}.properties`)],
  })
  const lacks = (brokersMin: number) =>
    isBroker
      ? brokerLacks(local(ports.internal), { id, brokersMin })
      : controllerLacks(local(ports.quorum))
  return { name, isBroker, command, logFile: join(folder, `${name}.log`), lacks }
}
