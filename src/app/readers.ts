import { aggregateReadings, type AggregateProgress } from '../aggregate/aggregate-readings.ts'
import type { Config } from '../config/config.ts'
import { evaluatePanes, type EvaluateProgress } from '../evaluate/evaluate-panes.ts'
import type { Claim, Log } from '../log/log.ts'
import type { RecordProgress } from '../record/record-turns.ts'
import { recordSteps } from '../record/record-steps.ts'
import { recordWindows } from '../record/record-windows.ts'
import type { Clock } from '../std/clock.ts'
import type { Store } from '../store/store.ts'

/** How far every reader has come. */
export type Progress = {
  readonly aggregate: AggregateProgress
  readonly evaluate: EvaluateProgress
  readonly windows: RecordProgress
  readonly steps: RecordProgress
}

export const newProgress = (): Progress => ({
  aggregate: { rows: 0, rejected: 0, late: 0, repeats: 0, missing: 0, next: new Map() },
  evaluate: {
    windows: 0,
    steps: 0,
    missing: 0,
    groups: new Map(),
    outcomes: new Map(),
    next: new Map(),
  },
  windows: { written: 0, missing: 0, rejected: new Map(), next: new Map() },
  steps: { written: 0, missing: 0, rejected: new Map(), next: new Map() },
})

/** A reader that takes claims: its role, its topic, and what it does with a partition. */
export type ClaimReader = {
  readonly role: 'aggregate' | 'evaluate' | 'record'
  readonly group: string
  readonly topic: string
  readonly read: (claim: Claim) => Promise<void>
}

export type ReaderDeps = {
  readonly log: Log
  readonly store: Store
  readonly clock: Clock
  readonly config: Config
  readonly progress: Progress
}

/** The readers between the collectors and the people. */
export function claimReaders(deps: ReaderDeps): readonly ClaimReader[] {
  const { log, store, clock, config, progress } = deps
  const { site, monitors, skewMs, absentMs } = config
  const { partitions } = config.log
  const aggregate = {
    log,
    clock,
    spec: { site, monitors, partitions, panesPartitions: partitions, skewMs, early: true },
    progress: progress.aggregate,
  }
  const evaluate = {
    log,
    clock,
    spec: { monitors, panesPartitions: partitions, absentMs, live: true },
    progress: progress.evaluate,
  }
  const windows = { log, store, clock, progress: progress.windows }
  const steps = { log, store, clock, progress: progress.steps }
  return [
    {
      role: 'aggregate',
      group: 'aggregate',
      topic: 'readings',
      read: (claim) => aggregateReadings(aggregate, claim),
    },
    {
      role: 'evaluate',
      group: 'evaluate',
      topic: 'panes',
      read: (claim) => evaluatePanes(evaluate, claim),
    },
    {
      role: 'record',
      group: 'record-windows',
      topic: 'windows',
      read: (claim) => recordWindows(windows, claim),
    },
    {
      role: 'record',
      group: 'record-steps',
      topic: 'transitions',
      read: (claim) => recordSteps(steps, claim),
    },
  ]
}
