import type { RawRow } from './recording-oracle.ts'

/** A value in thousandths, a half rounded up (Z7). */
export const thousandths = (value: number): number => Math.floor(value * 1000 + 0.5)

/** The sum of a measure at three fraction digits: each value rounded once, summed as an integer. */
export const sumOf = (rows: readonly RawRow[], field: string): number =>
  rows.reduce((sum, row) => sum + thousandths(Number(row[field])), 0) / 1000

/** The values of a measure in rising order. */
export const sortedValues = (rows: readonly RawRow[], field: string): readonly number[] =>
  rows.map((row) => Number(row[field])).sort((a, b) => a - b)

/** The value of rank ⌊q (n − 1)⌋, from 0. */
export const rankedValue = (sorted: readonly number[], q: number): number =>
  sorted[Math.floor(q * (sorted.length - 1))]!

/** How many different values a field has. */
export const distinctOf = (rows: readonly RawRow[], field: string): number =>
  new Set(rows.map((row) => row[field])).size
