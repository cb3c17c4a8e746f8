import type { AggregateProgress } from '../aggregate/aggregate-progress.ts'
import { aggregateReadings } from '../aggregate/aggregate-readings.ts'
import type { AggregateReaderSpec } from '../aggregate/aggregate-spec.ts'
import { evaluatePanes, type EvaluateProgress } from '../evaluate/evaluate-panes.ts'
import type { EvaluateSpec } from '../evaluate/evaluate-spec.ts'
import type { Claim, Log } from '../log/log.ts'
import { houseGroups } from '../model/house-groups.ts'
import type { Clock } from '../std/clock.ts'
import type { Replaceable } from '../std/replaceable.ts'
import { forgetting, type ClaimReader, type Gaps } from './claim-reader.ts'

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
  readonly clock: Clock
  /** Replaced where other monitors are to be folded (A75), by specs of the same roles. */
  readonly specs: Replaceable<HotSpecs>
  readonly progress: HotProgress
}

/** The readers from rows to windows: those that more cores make faster. */
export function hotReaders({ clock, specs, progress }: HotDeps): readonly ClaimReader[] {
  const { aggregate, evaluate } = specs.current
  const readers: ClaimReader[] = []
  if (aggregate !== undefined) {
    const deps = { clock, progress: progress.aggregate }
    const read = async (claim: Claim, log: Log, gaps?: Gaps): Promise<void> => {
      let until: AbortSignal
      do {
        until = specs.replaced
        const spec = specs.current.aggregate ?? aggregate
        await aggregateReadings({ ...deps, ...gaps, log, spec, until }, claim)
      } while (until.aborted && !claim.signal.aborted)
    }
    const forgets = forgetting(progress.aggregate.next, read)
    readers.push({ group: 'aggregate', topic: houseGroups.aggregate, read: forgets })
  }
  if (evaluate !== undefined) {
    const deps = { clock, progress: progress.evaluate }
    const read = (claim: Claim, log: Log, gaps?: Gaps): Promise<void> => {
      const spec = specs.current.evaluate ?? evaluate
      return evaluatePanes({ ...deps, ...gaps, log, spec }, claim)
    }
    const forgets = forgetting(progress.evaluate.next, read)
    readers.push({ group: 'evaluate', topic: houseGroups.evaluate, read: forgets })
  }
  return readers
}
