import { bail } from '../wire/fields/field-bail.ts'

/** Why a row was left to `JSON.parse`. */
export type BailReason = keyof typeof bail

/** Rows left to `JSON.parse`, as totals of their own so that they add up over threads. */
type BailTotals = { [Reason in BailReason as `bailed_${Reason}`]: number }

/** How far the reader has come, for metrics and for whoever waits for it; it alone writes. */
export type AggregateProgress = BailTotals & {
  rows: number
  rejected: number
  late: number
  repeats: number
  /** Per partition: everything before this offset is in `panes`. */
  readonly next: Map<number, number>
}

export const bailReasons = Object.keys(bail) as readonly BailReason[]

/** The progress of a reader that has read nothing. */
export const newAggregateProgress = (next = new Map<number, number>()): AggregateProgress => ({
  ...(Object.fromEntries(bailReasons.map((reason) => [`bailed_${reason}`, 0])) as BailTotals),
  rows: 0,
  rejected: 0,
  late: 0,
  repeats: 0,
  next,
})
