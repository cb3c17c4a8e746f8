import { newAggregateProgress } from '../aggregate/aggregate-progress.ts'
import type { AggregateReaderSpec } from '../aggregate/aggregate-spec.ts'
import type { Config } from '../config/config.ts'
import type { EvaluateSpec } from '../evaluate/evaluate-spec.ts'
import type { RollUpProgress } from '../evaluate/rollup/roll-up-panes.ts'
import type { RecordProgress } from '../record/record-deps.ts'
import type { HistoryProgress } from '../history/fact-asker.ts'
import { newHistoryProgress } from '../history/keep-history.ts'
import { recordRollUps } from '../record/record-roll-ups.ts'
import { recordSteps } from '../record/record-steps.ts'
import { recordWindows } from '../record/record-windows.ts'
import { houseGroups, isHouseGroup, type HouseGroup } from '../model/house-groups.ts'
import type { Clock } from '../std/clock.ts'
import type { Lane } from '../std/lane.ts'
import type { Store } from '../store/store.ts'
import { forgetting, type ClaimReader } from './claim-reader.ts'
import { newForwardsProgress, type ForwardsProgress } from './forward-parts.ts'
import type { HotProgress } from './hot-readers.ts'

/** How far every reader has come. */
export type Progress = HotProgress & {
  readonly windows: RecordProgress
  readonly steps: RecordProgress
  readonly rollUps: RecordProgress
  readonly forward: ForwardsProgress
  readonly history: HistoryProgress
}

const newRecordProgress = (): RecordProgress => ({
  ...{ written: 0, rejected: new Map(), next: new Map() },
})

const newRollUpProgress = (): RollUpProgress => ({
  ...{ made: 0, groups: new Map(), outcomes: new Map(), next: new Map() },
})

export const newProgress = (): Progress => ({
  aggregate: newAggregateProgress(),
  evaluate: {
    windows: 0,
    steps: 0,
    groups: new Map(),
    outcomes: new Map(),
    next: new Map(),
  },
  rollUp: newRollUpProgress(),
  rollUpHours: newRollUpProgress(),
  windows: newRecordProgress(),
  steps: newRecordProgress(),
  rollUps: newRecordProgress(),
  forward: newForwardsProgress(),
  history: newHistoryProgress(),
})

/** The next offset that a reader of this process will read, where one reads. */
export function readTo(progress: Progress, group: string, partition: number): number | undefined {
  const { aggregate, evaluate, windows, steps, rollUp, rollUpHours, rollUps } = progress
  const nextByGroup: Readonly<Record<HouseGroup, ReadonlyMap<number, number> | undefined>> = {
    aggregate: aggregate.next,
    evaluate: evaluate.next,
    rollup: rollUp.next,
    'rollup-hours': rollUpHours.next,
    'record-windows': windows.next,
    'record-rollups': rollUps.next,
    'record-steps': steps.next,
    plan: undefined,
  }
  return isHouseGroup(group) ? nextByGroup[group]?.get(partition) : undefined
}

/** What the reader of rows has to know of a configuration. */
export function aggregateSpec({ site, monitors, skewMs, log }: Config): AggregateReaderSpec {
  const { partitions, durability } = log
  const isDurable = durability === 'ack'
  return { site, monitors, partitions, panesPartitions: partitions, skewMs, early: true, isDurable }
}

/** What the reader of panes has to know of a configuration. */
export function evaluateSpec(config: Config): EvaluateSpec {
  const { monitors, absentMs, log, sites, forward } = config
  const shared = { monitors, panesPartitions: log.partitions, absentMs, live: true }
  if (sites.length > 0) return { ...shared, judgedElsewhere: sites, sitesExpected: sites }
  return forward === undefined ? shared : { ...shared, judgedElsewhere: ['all'] }
}

/** The readers that bring windows and steps into the store. */
export function recordReaders(deps: {
  readonly store: Store
  readonly clock: Clock
  readonly lane: Lane
  readonly progress: Progress
}): readonly ClaimReader[] {
  const { progress, ...rest } = deps
  const windows = { ...rest, progress: progress.windows }
  const steps = { ...rest, progress: progress.steps }
  const rollUps = { ...rest, progress: progress.rollUps }
  return [
    {
      group: 'record-windows',
      topic: houseGroups['record-windows'],
      read: forgetting(progress.windows.next, (claim, log, gaps) =>
        recordWindows({ ...windows, ...gaps, log }, claim),
      ),
    },
    {
      group: 'record-steps',
      topic: houseGroups['record-steps'],
      read: forgetting(progress.steps.next, (claim, log, gaps) =>
        recordSteps({ ...steps, ...gaps, log }, claim),
      ),
    },
    {
      group: 'record-rollups',
      topic: houseGroups['record-rollups'],
      read: forgetting(progress.rollUps.next, (claim, log, gaps) =>
        recordRollUps({ ...rollUps, ...gaps, log }, claim),
      ),
    },
  ]
}
