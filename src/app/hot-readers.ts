import { aggregateReadings, type AggregateProgress } from '../aggregate/aggregate-readings.ts'
import type { AggregateReaderSpec } from '../aggregate/aggregate-spec.ts'
import { evaluatePanes, type EvaluateProgress } from '../evaluate/evaluate-panes.ts'
import type { EvaluateSpec } from '../evaluate/evaluate-spec.ts'
import type { Claim, GroupSpec, Log } from '../log/log.ts'
import type { Clock } from '../std/clock.ts'

/** A reader that takes claims: its group, its topic, and what it does with a partition. */
export type ClaimReader = {
  readonly group: string
  readonly topic: string
  readonly read: (claim: Claim) => Promise<void>
}

/** What the readers of the hot path have to know: plain data, absent where a role is not run. */
export type HotSpecs = {
  readonly aggregate?: AggregateReaderSpec
  readonly evaluate?: EvaluateSpec
}

export type HotProgress = {
  readonly aggregate: AggregateProgress
  readonly evaluate: EvaluateProgress
}

export type HotDeps = {
  readonly log: Log
  readonly clock: Clock
  readonly specs: HotSpecs
  readonly progress: HotProgress
}

/** The readers from rows to windows: those that more cores make faster. */
export function hotReaders({ log, clock, specs, progress }: HotDeps): readonly ClaimReader[] {
  const { aggregate, evaluate } = specs
  const readers: ClaimReader[] = []
  if (aggregate !== undefined) {
    const deps = { log, clock, spec: aggregate, progress: progress.aggregate }
    const read = (claim: Claim) => aggregateReadings(deps, claim)
    readers.push({ group: 'aggregate', topic: 'readings', read })
  }
  if (evaluate !== undefined) {
    const deps = { log, clock, spec: evaluate, progress: progress.evaluate }
    const read = (claim: Claim) => evaluatePanes(deps, claim)
    readers.push({ group: 'evaluate', topic: 'panes', read })
  }
  return readers
}

/** How a reader asks for its claims. */
export const groupOf = ({ group, topic }: ClaimReader): GroupSpec => ({
  topics: [topic],
  group,
  start: 'earliest',
  sessionMs: 10_000,
  rebalanceMs: 60_000,
})
