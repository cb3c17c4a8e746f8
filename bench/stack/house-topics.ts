import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Admin } from '@platformatic/kafka'
import { createTopics } from '../../src/app/create-topics.ts'
import { ReadingIntake } from '../../src/collect/reading-intake.ts'
import { replayRecording } from '../../src/collect/replay-recording.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Log } from '../../src/log/log.ts'
import { houseGroups } from '../../src/model/house-groups.ts'
import { topics, type Retention, type TopicName } from '../../src/model/topics.ts'
import { systemClock } from '../../src/std/clock.ts'
import type { KafkaCluster } from '../../scripts/stack/kafka-cluster.ts'
import { digestOf } from '../naive-digest.ts'
import { NaivePanes, type OttRow } from '../naive-panes.ts'
import { workloadLines, writeWorkload, type WorkloadSpec } from '../workload.ts'
import { kafkaOptions, withLog } from './one-broker.ts'

/** Of the topics that rows, panes, windows and steps lie in. */
export const PARTITIONS = 4
const RESULTS = Object.keys(topics).filter((topic) => topic !== 'readings')

/** Creates the topics of the house that are not there yet; no reading is ever deleted. */
function makeTopics(log: Log): Promise<void> {
  const loaded = loadConfig({ file: 'examples/ott.yaml', env: {} })
  assert.ok(loaded.ok)
  const { retention: kept } = loaded.config.log
  const retention = (topic: TopicName): Retention => {
    if (topic === 'readings' || topic === 'checkpoints') return { ms: -1, bytes: -1 }
    return { ms: kept[topic].ageMs, bytes: kept[topic].bytesMax }
  }
  return createTopics(log, { partitions: PARTITIONS, durability: 'ack', retention })
}

/** Appends a workload to `readings` as `replay` does, and a beat that closes all windows. */
export async function fillReadings(log: Log, folder: string, spec: WorkloadSpec): Promise<void> {
  const path = join(folder, 'rows.ndjson')
  await writeWorkload(path, spec)
  await makeTopics(log)
  const named = { source: 'bench', collector: 'bench' }
  const intake = new ReadingIntake({ clock: systemClock, partitions: PARTITIONS, ...named })
  await replayRecording({
    log,
    clock: systemClock,
    path,
    intake,
    collector: 'bench',
    site: 's1',
    partitions: PARTITIONS,
    batchRows: 10_000,
    skewMs: 5000,
    closeMs: 15_000,
    progress: { readBytes: 0, rows: 0 },
  })
}

/** Deletes all but the readings, and every position: the next run begins at the first row. */
export async function forgetResults(cluster: KafkaCluster): Promise<void> {
  const { bootstrap } = cluster
  const brokers = bootstrap.map(({ host, port }) => `${host}:${port}`)
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: brokers })
  try {
    const there = await admin.listTopics()
    await admin.deleteTopics({ topics: RESULTS.filter((topic) => there.includes(topic)) })
    const groups = await admin.listGroups()
    const ours = Object.keys(houseGroups).filter((group) => groups.has(group))
    if (ours.length > 0) await admin.deleteGroups({ groups: ours })
  } finally {
    await admin.close()
  }
  await withLog(kafkaOptions(cluster, 'none'), makeTopics)
}

/** What the rows of a workload come to, by maps: panes, windows and their digest. */
export function expectedOf(spec: WorkloadSpec) {
  const panes = new NaivePanes()
  for (const line of workloadLines(spec)) panes.add(JSON.parse(line) as OttRow)
  return { panes, ...digestOf(panes) }
}
