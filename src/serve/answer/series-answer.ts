import type { Tier } from '../../model/roll-up.ts'
import type { WindowResult } from '../../model/window-result.ts'
import { stepMsOf } from '../../recall/choose-tier.ts'
import { mergedOver, percentileOf } from '../../recall/merged-over.ts'
import { seriesOf, type SpanQuery } from '../../recall/series-of.ts'
import type { SeriesView } from '../contract.ts'
import type { ServeContext } from '../serve-context.ts'

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
function thinned(windows: readonly WindowResult[], points: number): Columns {
  const size = Math.ceil(windows.length / Math.floor(points / 2))
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
 * Windows of one group, oldest first, as columns of so many points at most. Beyond that buckets
 * keep each line's minimum and maximum, so that no spike is lost (U19). Absent values are null.
 */
export const seriesColumns = (
  windows: readonly WindowResult[],
  points: number = POINTS_MAX,
): Columns => (windows.length <= points ? whole(windows) : thinned(windows, points))

/** What a series is asked for. */
export type SeriesAsked = Pick<SpanQuery, 'scope' | 'monitor' | 'group' | 'from' | 'to' | 'now'> & {
  readonly points?: number
  readonly tier?: Tier
  readonly percentile?: number
  readonly isMerged?: boolean
  readonly joinsTail?: boolean
}

/** One group over a span, of the coarsest tier that is fine enough (T6, U19). */
export async function seriesAnswer(
  { store, view, config }: Pick<ServeContext, 'store' | 'view' | 'config'>,
  asked: SeriesAsked,
): Promise<SeriesView> {
  const { points = POINTS_MAX, percentile, isMerged = false } = asked
  const monitor = view.monitors.get(asked.monitor)
  const hopMs = monitor?.window.hopMs ?? 1_000
  const needsStates = percentile !== undefined || isMerged
  const kept = config.keptMs === undefined ? {} : { keptMs: config.keptMs }
  const query = { ...asked, ...kept, points, hopMs, needsStates }
  const { tier, parts, next } = await seriesOf(store, query)
  const rows = parts.flatMap((part) => part.rows)
  const isAsked = monitor !== undefined && percentile !== undefined
  const shown = !isAsked
    ? rows
    : rows.map((row) => ({
        ...row,
        values: { ...row.values, ...percentileOf(monitor, row, percentile) },
      }))
  const merged = isMerged && monitor ? (mergedOver(monitor, rows, percentile) ?? null) : null
  return {
    ...{ now: asked.now, from: asked.from, to: asked.to, tier, hop_ms: stepMsOf(tier, hopMs) },
    parts: parts.flatMap((part) => {
      const [first] = part.rows
      const step_ms = stepMsOf(part.tier, hopMs)
      return first === undefined ? [] : [{ tier: part.tier, step_ms, from: first.end }]
    }),
    next: next ?? null,
    ...(isMerged && { merged }),
    ...seriesColumns(shown, points),
  }
}
