import { fnv1a64 } from '../std/hash.ts'
import type { AggregateReaderSpec } from './aggregate-spec.ts'
import { emitMsOf } from './monitor-folds.ts'

/** Whether two readers would make the same panes: rules that are never early make no difference. */
export function foldsAlike(one: AggregateReaderSpec, other: AggregateReaderSpec): boolean {
  return foldText(one) === foldText(other)
}

/** Names what makes the same panes. */
export const foldName = (spec: AggregateReaderSpec): string => fnv1a64([foldText(spec)])

function foldText({ monitors, ...rest }: AggregateReaderSpec): string {
  const folds = monitors.map((monitor) => {
    const emitMs = emitMsOf(monitor, rest.early)
    return [monitor.id, monitor.definition, String(emitMs)]
  })
  return JSON.stringify({ ...rest, folds })
}
