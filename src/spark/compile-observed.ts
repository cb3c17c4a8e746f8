import { refusals } from './compile-rows.ts'
import { numberSql } from './compile-text.ts'
import type { Observed } from './site-program.ts'

/** What a batch tells of the rows it saw, in the order in which `observedOf` reads it. */
export function metricsOf(partitions: number, weights: readonly number[]): readonly string[] {
  const taken = 'refused IS NULL AND NOT beat'
  const known = weights.map(numberSql).join(', ')
  const isByRequest = "coalesce(f_sampled = 'request', FALSE)"
  const greatest = (value: string): readonly string[] =>
    Array.from({ length: partitions }, (_, partition) => {
      const test = `refused IS NULL AND partition = ${partition}`
      return `max(CASE WHEN ${test} THEN ${value} END)`
    })
  return [
    ...greatest('t'),
    ...greatest('CAST(f_final AS BIGINT)'),
    `count_if(${taken})`,
    'count_if(refused IS NULL AND beat)',
    ...refusals.map((reason) => `count_if(refused = '${reason}')`),
    `count_if(${taken} AND w NOT IN (${known}) AND NOT ${isByRequest})`,
  ]
}

/** Reads the values of those metrics; one that saw nothing is null. */
export function observedOf(values: readonly unknown[], partitions: number): Observed {
  const numbers = values.map((value) => (typeof value === 'number' ? value : undefined))
  const [rows = 0, beats = 0, ...others] = numbers.slice(2 * partitions).map((value) => value ?? 0)
  return {
    watermarks: byPartition(numbers.slice(0, partitions)),
    finals: byPartition(numbers.slice(partitions, 2 * partitions)),
    rows,
    beats,
    refused: new Map(refusals.map((reason, i) => [reason, others[i] ?? 0])),
    otherRates: others[refusals.length] ?? 0,
  }
}

const byPartition = (values: readonly (number | undefined)[]): ReadonlyMap<number, number> =>
  new Map(
    values.flatMap((value, partition) =>
      value === undefined ? [] : [[partition, value] as const],
    ),
  )
