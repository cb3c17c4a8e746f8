import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readToEnd, type Log } from '../../src/log/log.ts'
import { utf8Text } from '../../src/std/bytes.ts'
import { systemClock } from '../../src/std/clock.ts'
import { startGuarded, type GuardedChild } from '../../scripts/stack/guarded-child.ts'
import type { KafkaCluster } from '../../scripts/stack/kafka-cluster.ts'
import type { NaivePanes } from '../naive-panes.ts'
import { costOf, type ProcessOutcome } from './process-outcome.ts'

const LOOK_EVERY_MS = 100
const RUN_MS_MAX = 900_000
const STOP_MS_MAX = 20_000

/** Where its program lies: `kafka-streams/run` in the folder that NOCTURNE_RIVALS names. */
const program = (): string => join(process.env['NOCTURNE_RIVALS'] ?? '', 'kafka-streams', 'run')

/** Why Kafka Streams cannot run here; undefined where it can. */
export function lacksStreams(): string | undefined {
  if (process.env['NOCTURNE_RIVALS'] === undefined) return 'NOCTURNE_RIVALS names no folder'
  return existsSync(program()) ? undefined : `${program()} is missing`
}

/**
 * One catch-up of Kafka Streams over `readings`: `run BOOTSTRAP cached IN OUT` with FRESH=1 must
 * print `… N records, …` each second and `idle: N records in about S s` once nothing has come for
 * three. Costs are taken before that idleness, with its own start counted as ours is.
 */
export async function runStreams(
  cluster: KafkaCluster,
  place: StreamsPlace,
): Promise<ProcessOutcome> {
  const { child, logFile } = await startStreams(cluster, { ...place, mode: 'cached' })
  const startedAt = performance.now()
  let [cost, lines] = [costOf(child.pid), 0]
  try {
    for (;;) {
      await systemClock.sleep(LOOK_EVERY_MS)
      const said = readFileSync(logFile, 'utf8')
      const how = child.howEnded()
      const isOver = how !== undefined || performance.now() - startedAt > RUN_MS_MAX
      assert.ok(!isOver, `Kafka Streams ended with ${how}:\n${said.slice(-2000)}`)
      const count = said.match(/ records, /g)?.length ?? 0
      if (count > lines) [cost, lines] = [costOf(child.pid), count]
      const [, rows, seconds] = /idle: (\d+) records in about (\d+) s/.exec(said) ?? []
      if (rows === undefined) continue
      const { cpuSeconds: cpu_seconds, rssMb: rss_mb } = cost
      return { rows: Number(rows), seconds: Number(seconds), cpu_seconds, rss_mb }
    }
  } finally {
    await stopStreams(child)
  }
}

/** What it is started with: it writes its results into `out`. */
type StreamsPlace = { readonly folder: string; readonly out: string }

/** Starts it over `readings`: `cached` tells once a second, `uncached` of every row. */
export async function startStreams(
  { bootstrap }: KafkaCluster,
  { folder, out, mode }: StreamsPlace & { readonly mode: 'cached' | 'uncached' },
): Promise<{ readonly child: GuardedChild; readonly logFile: string }> {
  const logFile = join(folder, `${out}.log`)
  const servers = bootstrap.map(({ host, port }) => `${host}:${port}`).join()
  const words = ['bash', program(), servers, mode, 'readings', out]
  return { child: await startGuarded(['env', 'FRESH=1', ...words], logFile), logFile }
}

/** Ends it, and waits for it. */
export async function stopStreams(child: GuardedChild): Promise<void> {
  child.signal('SIGTERM')
  const waiting = new AbortController()
  await Promise.race([child.ended, systemClock.sleep(STOP_MS_MAX, waiting.signal)])
  waiting.abort()
  child.signal('SIGKILL')
}

/**
 * Its last result of each window is what the rows say, and none is missing: both count a late row
 * up to five seconds, and rows here are at most four seconds late. Ours closes windows besides.
 */
export async function checkStreams(
  log: Log,
  out: string,
  expected: { readonly panes: NaivePanes; readonly windows: number },
): Promise<void> {
  const last = new Map<string, string>()
  const partitions = (await log.ends(out)).length
  for (let partition = 0; partition < partitions; partition++) {
    for await (const { keys, values, count } of readToEnd(log, { topic: out, partition })) {
      const text = ({ bytes, starts, lengths }: typeof keys, row: number): string =>
        utf8Text(bytes.subarray(starts[row]!, starts[row]! + lengths[row]!))
      for (let row = 0; row < count; row++) last.set(text(keys, row), text(values, row))
    }
  }
  let windows = 0
  for (const { stream, end, count, retrans, rttMax } of expected.panes.windows()) {
    const id = `${stream}|${end - 10_000}`
    const found = JSON.parse(last.get(id) ?? '{}') as object
    assert.deepEqual(found, { n: count, retrans, rtt_max: rttMax }, id)
    windows++
  }
  assert.equal(windows, expected.windows)
}
