import type { AggregateProgress } from '../aggregate/aggregate-progress.ts'
import { aggregateReadings } from '../aggregate/aggregate-readings.ts'
import type { AggregateReaderSpec } from '../aggregate/aggregate-spec.ts'
import { evaluatePanes, type EvaluateProgress } from '../evaluate/evaluate-panes.ts'
import type { EvaluateSpec } from '../evaluate/evaluate-spec.ts'
import { rollUpHours } from '../evaluate/rollup/roll-up-hours.ts'
import { rollUpPanes, type RollUpProgress } from '../evaluate/rollup/roll-up-panes.ts'
import type { Claim, Log } from '../log/log.ts'
import { houseGroups } from '../model/house-groups.ts'
import type { Clock } from '../std/clock.ts'
import type { Replaceable } from '../std/replaceable.ts'
import { forgetting, type ClaimReader, type Gaps } from './claim-reader.ts'

/** What the readers of the hot path have to know: plain data, absent where a role is not run. */
export type HotSpecs = {
  readonly aggregate?: AggregateReaderSpec
  readonly evaluate?: EvaluateSpec
  readonly rollUp?: EvaluateSpec
}

export type HotProgress = {
  readonly aggregate: AggregateProgress
  readonly evaluate: EvaluateProgress
  readonly rollUp: RollUpProgress
  readonly rollUpHours: RollUpProgress
}

export type HotDeps = {
  readonly clock: Clock
  /** Replaced where other monitors are to be folded (A75), by specs of the same roles. */
  readonly specs: Replaceable<HotSpecs>
  readonly progress: HotProgress
}

/** The readers from rows to windows: those that more cores make faster. */
export function hotReaders({ clock, specs, progress }: HotDeps): readonly ClaimReader[] {
  const { aggregate, evaluate, rollUp } = specs.current
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
  if (rollUp !== undefined) readers.push(...rollUpReaders({ clock, progress }, rollUp))
  return readers
}

/** Those that make what is kept for weeks and months; they find in the log what is in force. */
function rollUpReaders(
  { clock, progress }: Pick<HotDeps, 'clock' | 'progress'>,
  spec: EvaluateSpec,
): readonly ClaimReader[] {
  const { rollUp, rollUpHours: hours } = progress
  return [
    {
      group: 'rollup',
      topic: houseGroups.rollup,
      read: forgetting(rollUp.next, (claim, log, gaps) =>
        rollUpPanes({ clock, spec, ...gaps, log, progress: rollUp }, claim),
      ),
    },
    {
      group: 'rollup-hours',
      topic: houseGroups['rollup-hours'],
      read: forgetting(hours.next, (claim, log, gaps) =>
        rollUpHours({ clock, spec, ...gaps, log, progress: hours }, claim),
      ),
    },
  ]
}
