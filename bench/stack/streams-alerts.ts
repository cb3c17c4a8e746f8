import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { KafkaCluster } from '../../scripts/stack/kafka-cluster.ts'
import type { Claim, Log } from '../../src/log/log.ts'
import { utf8Text } from '../../src/std/bytes.ts'
import { systemClock } from '../../src/std/clock.ts'
import type { LiveRows } from '../live-rows.ts'
import { instant, postPaced } from '../paced-posts.ts'
import { ServerProcess } from '../server-process.ts'
import { startStreams, stopStreams } from './kafka-streams.ts'
import { kafkaOptions, withLog } from './one-broker.ts'
import { costOf } from './process-outcome.ts'

const OUT = 'out-live'
const LOOK_EVERY_MS = 100
const START_MS_MAX = 60_000
/** A result that has not come so long after the last post never will. */
const PATIENCE_MS = 20_000
const BYTES_MAX = 1_048_576

/** How long after its row was due each breach stood in a result, ms, and what Streams took. */
export type StreamsAlerts = {
  readonly latencies: readonly number[]
  /** As a share of one core while rows came. */
  readonly cpu: number
  readonly rssMb: number
}

/**
 * Kafka Streams told of every row: a Nocturne that only collects takes the rows, and a reader waits
 * for the first result of each breaching stream above the threshold, as a rule would read it.
 */
export async function runStreamsAlerts(
  cluster: KafkaCluster,
  given: {
    readonly folder: string
    readonly config: string
    readonly rows: LiveRows
    readonly above: number
  },
): Promise<StreamsAlerts> {
  const { folder, config, rows, above } = given
  const server = await ServerProcess.start(folder, config, ['run', '--roles', 'collect,serve'])
  try {
    await server.ready()
    const { child, logFile } = await startStreams(cluster, { folder, out: OUT, mode: 'uncached' })
    try {
      await postUntilRead(server.url, rows, logFile)
      const startAt = Math.ceil(instant() / 1000) * 1000 + 1000
      const stop = new AbortController()
      const seen = new Map<string, number>()
      const before = costOf(child.pid)
      await withLog(kafkaOptions(cluster, 'none'), async (log) => {
        const following = follow(log, stop.signal, (stream, retrans) => {
          if (retrans > above && !seen.has(stream)) seen.set(stream, instant())
        })
        await postPaced(server.url, rows, startAt)
        const expected = rows.breachMsByStream.size
        for (
          let waited = 0;
          seen.size < expected && waited < PATIENCE_MS;
          waited += LOOK_EVERY_MS
        ) {
          await systemClock.sleep(LOOK_EVERY_MS)
        }
        stop.abort()
        await following
      })
      const { cpuSeconds, rssMb } = costOf(child.pid)
      const cpu = (cpuSeconds - before.cpuSeconds) / ((instant() - startAt) / 1000)
      const latencies = Array.from(rows.breachMsByStream, ([stream, dueMs]) => {
        const seenAt = seen.get(stream)
        assert.ok(seenAt !== undefined, `${stream} is in no result`)
        return seenAt - startAt - dueMs
      })
      return { latencies, cpu, rssMb }
    } finally {
      await stopStreams(child)
    }
  } finally {
    await server.kill()
  }
}

/** Its first rows are read only when its group has settled. */
async function postUntilRead(url: string, rows: LiveRows, logFile: string): Promise<void> {
  const answer = await fetch(new URL('/v1/readings', url), {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: rows.body(0, Date.now() - 60_000),
  })
  assert.equal(answer.status, 202)
  for (let waited = 0; waited < START_MS_MAX; waited += LOOK_EVERY_MS) {
    if (/ records, /.test(readFileSync(logFile, 'utf8'))) return
    await systemClock.sleep(LOOK_EVERY_MS)
  }
  throw new Error('Kafka Streams reads nothing')
}

/** Reads results as they come, until the signal aborts. */
async function follow(
  log: Log,
  signal: AbortSignal,
  tell: (stream: string, retrans: number) => void,
): Promise<void> {
  const group = { topics: [OUT], start: 'latest', sessionMs: 10_000, rebalanceMs: 60_000 } as const
  const reading: Promise<void>[] = []
  const read = async (claim: Claim): Promise<void> => {
    const position = await log.position(claim)
    for await (const { keys, values, count } of log.read(claim, {
      position,
      bytesMax: BYTES_MAX,
    })) {
      for (let row = 0; row < count; row++) {
        const text = ({ bytes, starts, lengths }: typeof keys): string =>
          utf8Text(bytes.subarray(starts[row]!, starts[row]! + lengths[row]!))
        // No JSON: the greatest round trip of no rows with one is -Infinity there.
        const retrans = Number(/"retrans":(\d+)/.exec(text(values))?.[1])
        tell(text(keys).split('|')[0]!, retrans)
      }
    }
    claim.release()
  }
  for await (const claim of log.claims(group, signal)) reading.push(read(claim))
  await Promise.all(reading)
}
