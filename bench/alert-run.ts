import assert from 'node:assert/strict'
import { join } from 'node:path'
import { FinalWindows } from '../src/app/replay-results.ts'
import { openEmbeddedLog } from '../src/log/embedded/embedded-log.ts'
import type { Log } from '../src/log/log.ts'
import type { WindowResult } from '../src/model/window-result.ts'
import { systemClock } from '../src/std/clock.ts'
import { AlertFollower, type SeenStep } from './alert-follower.ts'
import type { LiveRows } from './live-rows.ts'
import { instant, postPaced } from './paced-posts.ts'
import { ServerProcess } from './server-process.ts'

/** Partitions of the embedded defaults. */
const PARTITIONS = 4
/** A step that has not come so long after the last post never will. */
const PATIENCE_MS = 10_000
/** Windows that end so long before the last row have closed: lateness, and a little more. */
const SETTLED_MS = 8000

/** What was seen of one run. */
export type AlertRun = {
  readonly steps: readonly SeenStep[]
  /** When the row of each step was due. */
  readonly dueAts: readonly number[]
  /** From the instant at which a post was due to its answer, ms. */
  readonly answers: readonly number[]
  readonly startAt: number
  /** Of the whole server, as a share of one core while rows came. */
  readonly cpu: number
  /** Its greatest RSS. */
  readonly rssMb: number
  readonly windows: number
}

/** What is posted, and the monitor over count, retransmits and round trips that must fire. */
export type AlertPlan = {
  readonly rows: LiveRows
  readonly monitor: string
  /** The log when the server has ended; the one in its folder by default. */
  readonly openLog?: () => Promise<Log>
  /** How many heartbeats of a partition may wait for the next batch; none by default. */
  readonly lagMax?: number
  /** Runs beside the rows, from the first of them on. */
  readonly beside?: () => Promise<void>
}

/**
 * A whole server over an empty folder takes the rows in as time passes; each breach must fire once,
 * nothing else may, and the monitor's windows must be what the rows say.
 */
export async function runAlerts(
  folder: string,
  config: string,
  plan: AlertPlan,
): Promise<AlertRun> {
  const { rows } = plan
  const server = await ServerProcess.start(folder, config)
  try {
    await server.ready()
    const follower = new AlertFollower(server.url, PARTITIONS)
    const startAt = Math.ceil(instant() / 1000) * 1000 + 1000
    const cpuBefore = await server.cpuSeconds()
    const [answers] = await Promise.all([postPaced(server.url, rows, startAt), plan.beside?.()])
    const cpu = ((await server.cpuSeconds()) - cpuBefore) / ((instant() - startAt) / 1000)
    const expected = rows.breachMsByStream.size
    // Its window passes in the end: an alert that recovers then has done right.
    const fired = () => follower.steps.filter(({ step }) => step.step !== 'recovering')
    for (let waited = 0; fired().length < expected && waited < PATIENCE_MS; waited += 50) {
      await systemClock.sleep(50)
    }
    await server.caughtUp(plan.lagMax)
    await follower.stop()
    const rssMb = Math.round((await server.rssMax()) / 1_048_576)
    await server.stop()
    const steps = fired()
    const dueAts = checkSteps(steps, plan, startAt)
    const inFolder = () => openEmbeddedLog({ folder: join(folder, 'data'), clock: systemClock })
    const log = await (plan.openLog ?? inFolder)()
    const windows = await checkWindows(log, plan, startAt)
    await log.close()
    return { steps, dueAts, answers, startAt, cpu, rssMb, windows }
  } finally {
    await server.kill()
  }
}

/** Each breach fired once, by its row and before its window's end, and nothing else happened. */
function checkSteps(
  steps: readonly SeenStep[],
  { rows, monitor }: AlertPlan,
  startAt: number,
): readonly number[] {
  const left = new Map(rows.breachMsByStream)
  const dueAts = steps.map(({ step }) => {
    const stream = step.labels['stream'] ?? ''
    const dueMs = left.get(stream)
    const isExpected = dueMs !== undefined && step.step === 'firing' && step.monitor === monitor
    assert.ok(isExpected, `${stream} ${step.step}`)
    assert.ok(step.window?.early === true, `${stream} waited for the end of its window`)
    left.delete(stream)
    return startAt + dueMs
  })
  assert.equal(left.size, 0, `${left.size} did not fire, as ${left.keys().next().value}`)
  return dueAts
}

/** The windows in the log are those of the rows; none of those that have closed is missing. */
async function checkWindows(
  log: Log,
  { rows, monitor: judged }: AlertPlan,
  startAt: number,
): Promise<number> {
  const expected = rows.windows(startAt)
  const found = new Set<string>()
  for (const line of (await FinalWindows.of(log)).lines()) {
    const { monitor, group, end, values } = JSON.parse(line) as WindowResult
    if (monitor !== judged) continue
    const id = `${group['stream']}|${end}`
    const { count, retrans, rttMax: rtt_max } = expected.get(id) ?? {}
    assert.deepEqual(values, { count, retrans, rtt_max }, id)
    found.add(id)
  }
  const settledAt = startAt + rows.lengthMs - SETTLED_MS
  for (const id of expected.keys()) {
    if (Number(id.split('|')[1]) <= settledAt) assert.ok(found.has(id), `${id} is missing`)
  }
  return found.size
}
