import { newProgress } from '../../../src/app/readers.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log } from '../../../src/log/log.ts'
import type { Step, Told } from '../../../src/model/step.ts'
import type { WindowResult } from '../../../src/model/window-result.ts'
import type { Clock } from '../../../src/std/clock.ts'
import { ProcessClock, WORLD_BEGAN_AT } from '../core/process-clock.ts'
import { EffectGate } from '../core/effect-gate.ts'
import { chance } from '../core/seed.ts'
import type { Tally } from '../core/tally.ts'
import { ProcessDisk } from '../disk/process-disk.ts'
import { WatchedMeta } from '../disk/watched-meta.ts'
import { LIMITS, ROOT_FOLDER } from '../world/sim-process.ts'
import type { World } from '../world/world.ts'
import { isOfSample } from '../../rig/sample-oracle.ts'
import { checkAlertmanagers } from './alertmanager-check.ts'
import { checkAcked } from './durability-check.ts'
import { evaluateAgain } from './evaluate-again.ts'
import { Violation, type Commit } from './ledger.ts'
import { jsonIn, jsonOf, readContents, type LogContents } from './log-contents.ts'
import { checkNotices, noticesIn } from './notice-check.ts'
import { ackedOutputs, checkOutputs, dueOf, type Due } from './output-check.ts'
import { planAgain } from './plan-again.ts'
import { checkRefusals } from './refusal-check.ts'
import { RowFold, type FoldedRow } from './row-fold.ts'
import { checkSent } from './sent-check.ts'
import { siteHistories } from './source-history.ts'
import { checkSteps } from './step-check.ts'
import { checkStore } from './store-watch.ts'
import { bare, checkWindows, finalWindows } from './window-check.ts'

/** What was checked, in numbers, and what came out. */
export type Verdict = {
  /** By id: every window that was closed in time, with its values. */
  readonly windows: ReadonlyMap<string, string>
  readonly ackedCount: number
  readonly windowCount: number
  readonly lackingCount: number
  readonly stepCount: number
  readonly repeatCount: number
  readonly toldCount: number
}

type Left = {
  readonly world: World
  readonly log: Log
  readonly clock: Clock
  /** Whatever was in the log by then, by the clock of the machine, was to be worked off. */
  readonly settledAt: number
  readonly contents: LogContents
}

/** Looks at all that a world left behind. @throws Violation. */
export async function judge(world: World): Promise<Verdict> {
  const { log, clock } = await world.drive(openForReading(world))
  const settledAt = clock.now() - world.scenario.lagMs
  const contents = await world.drive(readContents(log))
  const left = { world, log, clock, settledAt, contents }
  checkCaughtUp(left)
  const ackedCount = checkAcked(world.ledger.acks, contents)
  const folds = foldsOf(left)
  checkSent(world, folds)
  checkRefusals(contents, folds)
  countRows(world.tally, folds)
  const again = await world.drive(evaluatedAgain(left))
  const { equalCount, lackingCount } = judgeRows(left, folds)
  world.tally.add('windows without a silent site', lackingCount)
  compareFinals(jsonOf(contents, 'windows') as Iterable<WindowResult>, again.windows)
  const written = jsonOf(contents, 'transitions') as Iterable<Step | Told>
  const steps = checkSteps([...written], again.steps)
  world.tally.add('steps repeated', steps.repeatCount)
  const notices = await world.drive(judgeNotices(left))
  await world.drive(checkStore(world.store, contents, settledAt))
  await world.drive(log.close())
  return {
    windows: windowsOf(left),
    ackedCount,
    windowCount: equalCount,
    lackingCount,
    ...steps,
    ...notices,
  }
}

/** The log as the last process left it, with nobody writing and nothing going wrong. */
export async function openForReading(world: World): Promise<{ log: Log; clock: Clock }> {
  const { scheduler, platter, troubles, trace, metaFiles, offset, seed } = world
  const life = { isOver: false, pausedToUs: 0 }
  const random = chance(seed, 'reading')
  const gate = new EffectGate(() => undefined)
  const clock = new ProcessClock(scheduler, life, { random, offset })
  const log = await openEmbeddedLog({
    folder: ROOT_FOLDER,
    clock,
    disk: new ProcessDisk({ platter, scheduler, life, random, troubles, gate, trace }),
    limits: LIMITS,
    openMeta: (_, onFull) =>
      new WatchedMeta(metaFiles.path, onFull, { life, gate, synced: () => metaFiles.synced() }),
  })
  return { log, clock }
}

/** What the rows were like, so that nobody has to believe that hard ones were among them. */
function countRows(tally: Tally, folds: readonly RowFold[]): void {
  for (const fold of folds) {
    tally.add('rows', fold.counted.length)
    tally.add('rows repeated', fold.repeatCount)
    tally.add('rows beyond correction', fold.late.length)
    tally.add('rows refused by readers', fold.refused.length)
    tally.add('rows ahead of their time', fold.skewedCount)
    tally.add('rows of a sample', fold.counted.filter((row) => isOfSample([row])).length)
  }
}

function foldsOf({ world, contents }: Left): readonly RowFold[] {
  const { monitors, config } = world.scenario
  return (contents.get('readings') ?? []).map((records) => {
    const fold = new RowFold({ monitors, home: config.site, skewMs: config.skewMs })
    for (const record of records) fold.add(record)
    return fold
  })
}

function judgeRows({ world, contents }: Left, folds: readonly RowFold[]) {
  const { monitors, judgedMs, config } = world.scenario
  const rowsOf = (id: string): FoldedRow[] =>
    folds.flatMap((fold) => fold.rowsByMonitor.get(id) ?? [])
  return checkWindows({
    monitors,
    rowsByMonitor: new Map(monitors.map(({ id }) => [id, rowsOf(id)])),
    issued: jsonOf(contents, 'windows') as Iterable<WindowResult>,
    judgedTo: WORLD_BEGAN_AT + judgedMs,
    sites: siteHistories(contents.get('panes') ?? [], config.absentMs),
    clockOffMs: world.offset.offMsMax,
  })
}

function windowsOf({ world, contents }: Left): Verdict['windows'] {
  const judgedTo = WORLD_BEGAN_AT + world.scenario.judgedMs
  const finals = finalWindows(jsonOf(contents, 'windows') as Iterable<WindowResult>)
  const judged = [...finals.values()].filter(({ closed, end }) => closed && end <= judgedTo)
  return new Map(
    judged.map(({ id, rows, values, stderr }) => [id, JSON.stringify({ rows, values, stderr })]),
  )
}

/**
 * The windows and steps of evaluators that nobody interrupts (A1). What was in the log when a
 * position was committed is held against them (D2).
 */
async function evaluatedAgain({ world, log, clock }: Left) {
  const { monitors, absentMs, log: of } = world.scenario.config
  const spec = { monitors, panesPartitions: of.partitions, absentMs, live: true }
  const steps: Step[] = []
  const windows: WindowResult[] = []
  const acked = ackedOutputs(world.ledger.acks)
  for (let partition = 0; partition < of.partitions; partition++) {
    const end = world.stopped?.progress.evaluate.next.get(partition) ?? 0
    const outputs = await evaluateAgain({ log, clock, spec }, partition, end)
    const dues: Due[] = []
    for (const { offset, topic, value } of outputs) {
      const output = JSON.parse(new TextDecoder().decode(value)) as Step | WindowResult
      dues.push(dueOf(offset, output))
      if (topic === 'windows') windows.push(output as WindowResult)
      else steps.push(output as Step)
    }
    const commits = world.ledger.commits.filter(
      (commit) => commit.group === 'evaluate' && commit.partition === partition,
    )
    checkOutputs(dues, commits, acked)
  }
  return { windows, steps }
}

function compareFinals(issued: Iterable<WindowResult>, expected: readonly WindowResult[]): void {
  const [finals, wanted] = [finalWindows(issued), finalWindows(expected)]
  for (const id of new Set([...finals.keys(), ...wanted.keys()])) {
    const [got, want] = [finals.get(id), wanted.get(id)].map((window) => window && bare(window))
    if (got === want) continue
    throw new Violation(`a window is\n${got}\nand without a crash\n${want}`)
  }
}

/** Of nothing that was in the log by then a reader is still behind (R26). */
function checkCaughtUp({ world, contents, settledAt }: Left): void {
  const { aggregate, evaluate, windows, steps } = world.stopped?.progress ?? newProgress()
  const readers = [
    { topic: 'readings', group: 'aggregate', next: aggregate.next },
    { topic: 'panes', group: 'evaluate', next: evaluate.next },
    { topic: 'windows', group: 'record-windows', next: windows.next },
    { topic: 'transitions', group: 'record-steps', next: steps.next },
  ] as const
  for (const { topic, group, next } of readers) {
    for (const [partition, records] of (contents.get(topic) ?? []).entries()) {
      const isOurs = (commit: Commit) => commit.group === group && commit.partition === partition
      const to = next.get(partition) ?? world.ledger.commits.findLast(isOurs)?.offset ?? 0
      const oldest = records.find(({ offset }) => offset >= to)
      if (oldest === undefined || oldest.time > settledAt) continue
      throw new Violation(`${topic}/${partition} was read to ${to} of ${records.length}`)
    }
  }
}

async function judgeNotices({ world, log, clock, settledAt, contents }: Left) {
  const transitions = contents.get('transitions') ?? []
  const writtenAt = new Map<string, number>()
  const told: Told[] = []
  const steps: { readonly step: Step; readonly writtenAt: number }[] = []
  for (const logged of transitions.flat()) {
    const { time } = logged
    const record = jsonIn(logged) as Step | Told
    if (record.kind === 'notice') told.push(record)
    else {
      if (!writtenAt.has(record.id)) writtenAt.set(record.id, time)
      steps.push({ step: record, writtenAt: time })
    }
  }
  const now = settledAt + world.scenario.lagMs
  checkAlertmanagers(world.alertmanagers, steps, { settledAt, now })
  return checkNotices({
    planned: await noticesIn(log),
    expected: await planAgain(transitions, { spec: world.scenario.config.notify, clock }),
    receivers: world.receivers,
    told,
    isSettled: (id) => (writtenAt.get(id) ?? 0) < settledAt,
  })
}
