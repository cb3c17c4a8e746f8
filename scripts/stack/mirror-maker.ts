import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { javaCommand } from './java.ts'
import type { Address } from './kafka-probe.ts'
import { propertiesText } from './kafka-settings.ts'
import { Nodes } from './nodes.ts'

/** What is copied from where to where. */
export type MirrorOptions = {
  readonly from: readonly Address[]
  readonly to: readonly Address[]
  /** A regular expression; a topic keeps its name. */
  readonly topics: string
  /** More settings: `{ 'to.exactly.once.source.support': 'enabled' }`; clusters are from and to. */
  readonly extra?: Readonly<Record<string, string>>
  /** For its settings and its log; a temporary folder, deleted at the end, when not said. */
  readonly folder?: string
}

/** A MirrorMaker that runs. Its positions are in the clusters: another one goes on from there. */
export type MirrorMaker = {
  readonly pid: number
  /** SIGKILL. */
  kill(): Promise<void>
  /** Ends it in order, forced after 30 s, and deletes its folder, unless it was given. */
  close(): Promise<void>
}

const NAME = 'mirror'

/** Starts MirrorMaker 2 of Kafka 4.3.1; it copies once this resolves, or no topic matches yet. */
export async function startMirrorMaker(options: MirrorOptions): Promise<MirrorMaker> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'nocturne-mirror-')))
  await mkdir(folder, { recursive: true })
  const file = join(folder, `${NAME}.properties`)
  const logFile = join(folder, `${NAME}.log`)
  await writeFile(file, propertiesText(settingsOf(options)))
  await writeFile(logFile, '')
  const command = await javaCommand({
    set: 'kafka',
    flags: ['-Xmx384m', '-XX:+UseG1GC'],
    className: 'org.apache.kafka.connect.mirror.MirrorMaker',
    args: [file, '--clusters', 'to'],
  })
  const lacks = async () =>
    STARTED.test(await readFile(logFile, 'utf8')) ? undefined : 'no source task yet'
  const nodes = new Nodes([{ name: NAME, isBroker: false, command, logFile, lacks }])
  const close = async () => {
    await nodes.stop(NAME)
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
  }
  try {
    await nodes.startAll([NAME])
    const pid = nodes.pid(NAME)
    if (pid === undefined) throw new Error('the mirror ended as soon as it was ready')
    return { pid, kill: () => nodes.kill(NAME), close }
  } catch (error) {
    await nodes.kill(NAME)
    await close()
    throw error
  }
}

/** It has no port to ask. */
const STARTED = /MirrorSourceTask .*replicating|Started MirrorSourceConnector with 0 /

function settingsOf({ from, to, topics, extra }: MirrorOptions): Readonly<Record<string, string>> {
  const listOf = (addresses: readonly Address[]) =>
    addresses.map(({ host, port }) => `${host}:${port}`).join()
  const copies = String(Math.min(3, to.length))
  return {
    clusters: 'from,to',
    'from.bootstrap.servers': listOf(from),
    'to.bootstrap.servers': listOf(to),
    'from->to.enabled': 'true',
    'from->to.topics': topics,
    'from->to.groups': '.*',
    'to->from.enabled': 'false',
    'to->from.emit.heartbeats.enabled': 'false',
    'replication.policy.class': 'org.apache.kafka.connect.mirror.IdentityReplicationPolicy',
    'replication.factor': copies,
    'checkpoints.topic.replication.factor': copies,
    'heartbeats.topic.replication.factor': copies,
    'offset.storage.replication.factor': copies,
    'status.storage.replication.factor': copies,
    'config.storage.replication.factor': copies,
    // This one topic lies in the cluster that is copied from.
    'offset-syncs.topic.replication.factor': String(Math.min(3, from.length)),
    'offset.storage.partitions': '5',
    // Positions of our groups have notes that speak of the cluster they were made in.
    'sync.group.offsets.enabled': 'false',
    'sync.topic.acls.enabled': 'false',
    'refresh.topics.interval.seconds': '5',
    'refresh.groups.interval.seconds': '5',
    'emit.heartbeats.interval.seconds': '1',
    'emit.checkpoints.interval.seconds': '5',
    'tasks.max': '2',
    // Heard only with the prefix of the target. The default of a minute is copied again by a
    // crash, and an open transaction of a crash is waited for as long as its timeout.
    'to.offset.flush.interval.ms': '1000',
    'to.producer.transaction.timeout.ms': '10000',
    ...extra,
  }
}
