import type { WindowResult } from '../../model/window-result.ts'
import type { SeriesView } from '../contract.ts'

/** U19: points a line has at most. */
const POINTS_MAX = 600

type Columns = Pick<SeriesView, 'ends' | 'complete' | 'values'>

const namesOf = (windows: readonly WindowResult[]): readonly string[] => [
  ...new Set(windows.flatMap(({ values }) => Object.keys(values))),
]

/** The least and the greatest known value, in the order in which they were met. */
function extremes(values: readonly (number | undefined)[]): readonly (number | null)[] {
  const known = values.filter((value) => value !== undefined)
  if (known.length === 0) return [null, null]
  const least = Math.min(...known)
  const greatest = Math.max(...known)
  return known.indexOf(least) <= known.indexOf(greatest) ? [least, greatest] : [greatest, least]
}

function whole(windows: readonly WindowResult[]): Columns {
  const column = (name: string) => windows.map(({ values }) => values[name] ?? null)
  return {
    ends: windows.map(({ end }) => end),
    complete: windows.map(({ complete }) => complete),
    values: Object.fromEntries(namesOf(windows).map((name) => [name, column(name)])),
  }
}

/** Two points a bucket: its first and last end carry the minimum and maximum of every line. */
function thinned(windows: readonly WindowResult[]): Columns {
  const size = Math.ceil(windows.length / (POINTS_MAX / 2))
  const count = Math.ceil(windows.length / size)
  const buckets = Array.from({ length: count }, (_, i) => windows.slice(i * size, (i + 1) * size))
  const both = <T>(pick: (bucket: readonly WindowResult[]) => readonly T[]) => buckets.flatMap(pick)
  const column = (name: string) => both((b) => extremes(b.map(({ values }) => values[name])))
  return {
    ends: both((bucket) => [bucket[0]!.end, bucket.at(-1)?.end ?? bucket[0]!.end]),
    complete: both((bucket) => {
      const isComplete = bucket.every(({ complete }) => complete)
      return [isComplete, isComplete]
    }),
    values: Object.fromEntries(namesOf(windows).map((name) => [name, column(name)])),
  }
}

/**
 * Windows of one group, oldest first, as columns of at most 600 points. Beyond that buckets keep
 * each line's minimum and maximum, so that no spike is lost (SPEC U19). Absent values are null.
 */
export const seriesColumns = (windows: readonly WindowResult[]): Columns =>
  windows.length <= POINTS_MAX ? whole(windows) : thinned(windows)
