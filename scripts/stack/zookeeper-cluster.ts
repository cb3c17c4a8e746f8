import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../../src/std/clock.ts'
import { javaCommand } from './java.ts'
import { BROKER_FLAGS, type KafkaCluster, type KafkaOptions } from './kafka-cluster.ts'
import { brokerLacks, type Address } from './kafka-probe.ts'
import { brokerDefaults, propertiesText } from './kafka-settings.ts'
import type { NodeSpec } from './nodes.ts'
import { startCluster } from './started-cluster.ts'

const COUNT = 3
const PORTS_PER_ZOOKEEPER = 3
const ANSWER_MS_MAX = 3_000
const ANSWER_BYTES_MAX = 1_048_576
const SESSION_GONE_MS_MAX = 60_000
const ASK_AGAIN_MS = 200
const ROOT = '/kafka'

/** How a cluster on ZooKeeper is to be; its shape is always three and three. */
export type ZookeeperKafkaOptions = Pick<KafkaOptions, 'minIsr' | 'extra' | 'folder'>

/** Starts ZooKeeper nodes z1 z2 z3 and on them brokers o1 o2 o3 of Kafka 3.9.2. */
export function startZookeeperKafka(options: ZookeeperKafkaOptions): Promise<KafkaCluster> {
  const portCount = COUNT * PORTS_PER_ZOOKEEPER + COUNT
  return startCluster({ folder: options.folder, portCount }, async ({ folder, ports }) => {
    const ofZookeeper = ports.slice(COUNT)
    const bootstrap = ports.slice(0, COUNT).map(local)
    const zookeepers = ofZookeeper.slice(0, COUNT).map(local)
    const zookeeperSpecs: NodeSpec[] = []
    const brokerSpecs: NodeSpec[] = []
    for (let id = 1; id <= COUNT; id++) {
      zookeeperSpecs.push(await zookeeperSpec(folder, id, ofZookeeper))
      const broker = { id, address: bootstrap[id - 1]!, zookeepers, options }
      brokerSpecs.push(await brokerSpec(folder, broker))
    }
    return { stages: [zookeeperSpecs, brokerSpecs], set: 'kafka39', bootstrap }
  })
}

const local = (port: number): Address => ({ host: '127.0.0.1', port })
const textOf = ({ host, port }: Address): string => `${host}:${port}`

/** `ports` are those for clients, then those between followers and leader, then for elections. */
async function zookeeperSpec(
  folder: string,
  id: number,
  ports: readonly number[],
): Promise<NodeSpec> {
  const name = `z${id}`
  const client = ports[id - 1]!
  const peers = Array.from({ length: COUNT }, (_, index) => {
    const [peer, election] = [ports[COUNT + index]!, ports[2 * COUNT + index]!]
    return [`server.${index + 1}`, `127.0.0.1:${peer}:${election}`]
  })
  const settings = {
    tickTime: '500',
    initLimit: '20',
    syncLimit: '10',
    dataDir: join(folder, name),
    clientPort: String(client),
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': 'false',
    '4lw.commands.whitelist': 'srvr,dump',
    maxClientCnxns: '0',
    ...Object.fromEntries(peers),
  }
  const file = join(folder, `${name}.cfg`)
  await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, name, 'myid'), `${id}\n`)
  await writeFile(file, propertiesText(settings))
  const command = await javaCommand({
    set: 'zookeeper',
    flags: ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    className: 'org.apache.zookeeper.server.quorum.QuorumPeerMain',
    args: [file],
  })
  const lacks = async () => {
    const answer = await fourLetters(local(client), 'srvr')
    return /^Mode: (leader|follower)$/m.test(answer) ? undefined : `no quorum: ${answer}`
  }
  return { name, isBroker: false, command, logFile: join(folder, `${name}.log`), lacks }
}

type Broker = {
  readonly id: number
  readonly address: Address
  readonly zookeepers: readonly Address[]
  readonly options: ZookeeperKafkaOptions
}

async function brokerSpec(folder: string, broker: Broker): Promise<NodeSpec> {
  const { id, address, zookeepers, options } = broker
  const name = `o${id}`
  const settings = {
    'broker.id': String(id),
    listeners: `PLAINTEXT://${textOf(address)}`,
    'zookeeper.connect': `${zookeepers.map(textOf).join()}${ROOT}`,
    'zookeeper.session.timeout.ms': '6000',
    'log.dirs': join(folder, name),
    ...brokerDefaults(COUNT, options.minIsr),
    ...options.extra,
  }
  const file = join(folder, `${name}.properties`)
  await writeFile(file, propertiesText(settings))
  const start = { set: 'kafka39', className: 'kafka.Kafka', args: [file] } as const
  return {
    name,
    isBroker: true,
    command: await javaCommand({ ...start, flags: BROKER_FLAGS }),
    logFile: join(folder, `${name}.log`),
    lacks: (brokersMin) => brokerLacks(address, { id, brokersMin }),
    beforeAgain: () => sessionGone(zookeepers, id),
  }
}

/**
 * Waits until no ZooKeeper knows the broker of its last life, whose session outlives a kill by
 * some seconds: a broker that comes before dies of NodeExists.
 */
async function sessionGone(zookeepers: readonly Address[], id: number): Promise<void> {
  const entry = new RegExp(`${ROOT}/brokers/ids/${id}$`, 'm')
  const until = systemClock.now() + SESSION_GONE_MS_MAX
  while (systemClock.now() < until) {
    const answers = await Promise.all(zookeepers.map((one) => fourLetters(one, 'dump')))
    if (!answers.some((answer) => entry.test(answer))) return
    await systemClock.sleep(ASK_AGAIN_MS)
  }
  throw new Error(`ZooKeeper still knows broker ${id} after ${SESSION_GONE_MS_MAX} ms`)
}

/** What ZooKeeper answers to one of its four-letter words, or why there is no answer. */
async function fourLetters(address: Address, word: string): Promise<string> {
  const socket = connect(address.port, address.host)
  socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy(new Error('no answer')))
  try {
    socket.write(word)
    let answer = ''
    for await (const chunk of socket) {
      answer += String(chunk)
      if (answer.length > ANSWER_BYTES_MAX) throw new Error('an answer without an end')
    }
    return answer
  } catch (error) {
    return String(error)
  } finally {
    socket.destroy()
  }
}
