import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { env } from 'node:process'
import { test, type TestContext } from 'node:test'
import { startKafka } from '../../../scripts/stack/kafka-cluster.ts'
import type { LogRecord } from '../../../src/log/log.ts'
import type { Pane } from '../../../src/model/pane.ts'
import { compileSite } from '../../../src/spark/compile-site.ts'
import type { Observed } from '../../../src/spark/site-program.ts'
import { prng } from '../../../src/std/prng.ts'
import { utf8 } from '../../../src/std/bytes.ts'
import { temporaryFolder } from '../../rig/cli.ts'
import { anyMonitors, anySourceRows } from '../rig/any-readings.ts'
import { assertEqualPanes } from '../rig/equal-panes.ts'
import { hostileRows, isUnlike } from '../rig/hostile-rows.ts'
import { logOn, topicOf } from '../rig/kafka-logs.ts'
import { comparable, foldRows, readPanes } from '../rig/own-panes.ts'
import { withoutJava } from '../rig/servers.ts'
import type { SourceRow } from '../rig/spark-batch.ts'
import { sparkAddress, sparkSession, sparkSpec } from '../rig/spark-batches.ts'
import {
  paneRecords,
  progressOf,
  sourceRows,
  startStream,
  type Progress,
} from '../rig/spark-stream.ts'

const skip = withoutJava()
const SKEW_MS = 60_000
const FINAL_AT = 4_102_444_000_000
const LONG_AGO = 1_700_000_000_000
const AHEAD_MS = 600_000

async function bootstrapOf(t: TestContext): Promise<string> {
  const named = env['NOCTURNE_KAFKA']
  if (named !== undefined) return named
  const cluster = await startKafka({ shape: 'one' })
  t.after(() => cluster.close())
  return cluster.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
}

const addressesOf = (bootstrap: string) =>
  bootstrap.split(',').map((at) => {
    const [host = '', port] = at.split(':')
    return { host, port: Number(port) }
  })

/** The newest revision of each pane. */
function newestOf(panes: readonly Pane[]): readonly Pane[] {
  const newest = new Map<string, Pane>()
  for (const pane of panes) {
    const { monitor, group, partition, start } = pane
    const id = JSON.stringify([monitor, group, partition, start])
    const before = newest.get(id)
    if (before === undefined || before.rev <= pane.rev) newest.set(id, pane)
  }
  return [...newest.values()]
}

test(
  '[Z11] [Z14] [V5] [W5] a stream ends at the panes of our engine, and tells what it saw',
  { skip },
  async (t) => {
    const bootstrap = await bootstrapOf(t)
    const log = await logOn(t, { bootstrap: addressesOf(bootstrap) })
    const session = await sparkSession(t, await sparkAddress(t))
    const [readings, panes] = [`readings-${randomUUID()}`, `panes-${randomUUID()}`]
    for (const topic of [readings, panes]) await log.createTopic(topicOf(topic, { partitions: 2 }))
    const random = prng(11)
    const monitors = anyMonitors(random, 4)
    const site = { site: 'here', ownSite: 'here', monitors, skewMs: SKEW_MS }
    const program = compileSite({ ...site, spec: sparkSpec, partitions: 2 })
    const checkpoint = join(await temporaryFolder(t), 'checkpoint')
    const place = { bootstrap, readings, panes, checkpoint }

    const query = await startStream(session, program, place)
    const told: Progress[] = []
    let appended = 0
    const untilTold = async (isEnough: () => boolean): Promise<void> => {
      for (const signal = AbortSignal.timeout(240_000); !signal.aborted && !isEnough();) {
        const failure = await session.queries.failure(query)
        assert.equal(failure, undefined)
        const json = await session.queries.lastProgress(query)
        const progress = json === undefined ? undefined : progressOf(json, program)
        if (progress !== undefined && progress.batchId !== told.at(-1)?.batchId) told.push(progress)
      }
      assert.ok(isEnough(), JSON.stringify(told.at(-1)))
    }
    const send = async (rows: readonly LogRecord[]) => {
      await log.append(readings, rows)
      appended += rows.length
      await untilTold(() => told.some(({ endOffset }) => endOffset >= appended))
    }
    const beat = (ts: number, more: object = {}) =>
      [0, 1].map((partition) => ({
        partition,
        value: utf8(JSON.stringify({ ts, stream: '-', src: 'beat', ...more })),
      }))
    const rows = anySourceRows(random, 1200)
    const hostile = hostileRows.filter((row) => !isUnlike(row))
    await send(recordsOf(rows.slice(0, 500)))
    await send(beat(FINAL_AT, { final: FINAL_AT - 7 }))
    await send(recordsOf(rows.slice(500, 800)))
    await send(hostile.map((value) => ({ partition: 0, value })))
    await send(recordsOf(rows.slice(800)))

    // In our own engine a last heartbeat closes all windows, and what follows is late.
    const read = (await sourceRows(log, readings)).filter(({ value }) => !isFinal(value))
    const own = foldRows({ ...site, partitions: 2 }, read)
    const spark = newestOf(readPanes(await paneRecords(log, panes), monitors))
    // A row of the year 2000 came too late for Spark and is counted as dropped.
    const ours = own.panes.filter(({ start }) => start > LONG_AGO)
    const both = { spark: comparable(spark, site), own: comparable(ours, site) }
    assertEqualPanes(both, 'a stream')

    const last = Math.max(...rows.map(({ value }) => Number(/"ts":(\d+)/.exec(text(value))?.[1])))
    await send(beat(last + AHEAD_MS))
    await send(beat(last + AHEAD_MS + 1))
    const moved = last + AHEAD_MS - program.delayMs
    await untilTold(() => told.some(({ watermark }) => watermark === moved))
    await session.queries.stop(query)
    const seen = told.map(({ observed }) => observed)
    assert.deepEqual(
      seen.map(finalsOf).find((finals) => finals.length > 0),
      [
        [0, FINAL_AT - 7],
        [1, FINAL_AT - 7],
      ],
    )
    assert.equal(Math.max(...seen.flatMap(({ watermarks }) => [...watermarks.values()])), FINAL_AT)
    assert.ok(told.every(({ watermark }) => watermark <= moved))
  },
)

const recordsOf = (rows: readonly SourceRow[]): readonly LogRecord[] =>
  rows.map(({ partition, value = new Uint8Array(0) }) => ({ partition, value }))

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const isFinal = (value: Uint8Array | undefined) => text(value).includes(`"final":${FINAL_AT - 7}`)
const finalsOf = ({ finals }: Observed) => [...finals]
