import type { TestContext } from 'node:test'
import type { KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import { replay, type ReplaySummary } from '../../../src/app/replay.ts'
import { openCodecs } from '../../../src/log/codecs/open-codecs.ts'
import { openKafkaLog, type KafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { configOf } from '../../rig/replay-run.ts'

export const REPLAY_PARTITIONS = 4

/** A recording, and where it is replayed: on a broker, or in a data folder of its own. */
export type KafkaReplay = {
  readonly path: string
  readonly log?: KafkaLog
  /** Of `examples/`, where it is not the workload's own. */
  readonly example?: string
}

/** Replays a recording to its end, or on from where the log stands. */
export const replayTo = ({ path, log, example = 'ott' }: KafkaReplay): Promise<ReplaySummary> =>
  replay({
    path,
    config: configOf({ file: `examples/${example}.yaml` }),
    ...(log && { log }),
    partitions: REPLAY_PARTITIONS,
    batchRows: 10_000,
    progress: { readBytes: 0, rows: 0 },
    rssMb: () => 0,
  })

/** Our log of a broker as a site has it, closed with the test. */
export async function siteLog(t: TestContext, { bootstrap }: KafkaCluster): Promise<KafkaLog> {
  const options = { brokers: bootstrap, promise: 'available', replication: 1 } as const
  const codecs = await openCodecs()
  const log = openKafkaLog({ ...options, codec: 'lz4' }, { clock: systemClock, codecs })
  t.after(() => log.close())
  return log
}

/** What a replay ends with but for its speed. */
export const outcomeOf = ({ rows, late, windows, transitions, digest }: ReplaySummary) => ({
  rows,
  late,
  windows,
  transitions,
  digest,
})
