import type { WindowResult } from '../../../model/window-result.ts'
import type { WorstQuery } from '../../store.ts'
import { bucketOf, BUCKET_MS } from '../buckets.ts'
import type { GroupDirectory, MonitorGroups } from './group-directory.ts'
import type { LiveTable } from '../live-table.ts'
import { NewestClosed } from './newest-closed.ts'
import type { Call } from '../session/session.ts'
import type { SnapshotTable } from './snapshot-table.ts'

/** Ends that are read in any case before single groups are asked for. */
const ENDS_MIN = 2
/** So few missing groups are asked for one by one rather than read all groups of older ends. */
const SINGLES_MAX = 48

type Tables = {
  readonly live: LiveTable
  readonly snapshot: SnapshotTable
  readonly directory: GroupDirectory
}
type Ranked = { readonly slot: number; readonly value: number; readonly end: number }

/**
 * The worst groups of a monitor. Walks back from the newest end until each group that the rosters
 * name was found: where all groups keep up these are one or two ends, however far back may be
 * looked.
 */
export async function worstGroups(
  call: Call,
  query: WorstQuery,
  tables: Tables,
): Promise<readonly WindowResult[]> {
  const { monitor, skip = 0, limit } = query
  const groups = tables.directory.of(monitor)
  const newest = new NewestClosed(groups.slots)
  const isComplete = await walkBack(call, query, { newest, snapshot: tables.snapshot })
  if (!isComplete) await askSingly(call, query, { newest, groups, tables })
  await tables.directory.name(call, { monitor, groups }, newest.foundSlots)
  const ranking = ranked(newest, groups, { order: query.order, count: skip + limit })
  const windows = await Promise.all(
    ranking.slice(skip).map(({ slot, end }) => {
      const { scope, grp } = groups.named[slot]!
      return tables.live.at(call, { monitor, scope, grp }, end)
    }),
  )
  // One that was opened again meanwhile is not closed any more.
  return windows.filter((window) => window !== undefined).filter(({ closed }) => closed)
}

/** Answers whether all groups were looked at as far back as is asked; some may be missing else. */
async function walkBack(
  call: Call,
  query: WorstQuery,
  { newest, snapshot }: { readonly newest: NewestClosed; readonly snapshot: SnapshotTable },
): Promise<boolean> {
  const { monitor, at, notBefore } = query
  const minutes = minutesBack(notBefore, at)
  const rosters = Promise.all(minutes.map((minute) => snapshot.roster(call, monitor, minute)))
  // Heard where it is awaited; the pieces may fail before.
  rosters.catch(() => undefined)
  let ends = 0
  const isEnough = async (end: number | undefined): Promise<boolean> => {
    if (end === undefined) return false
    newest.finish(end)
    if (++ends === 1) for (const hashes of (await rosters).flat()) newest.want(hashes)
    return newest.missing <= (ends < ENDS_MIN ? 0 : SINGLES_MAX)
  }
  for (const minute of minutes) {
    let end: number | undefined
    for await (const piece of snapshot.pieces(call, query, { minute, from: notBefore, to: at })) {
      if (piece.end !== end && (await isEnough(end))) return newest.missing === 0
      end = piece.end
      newest.add(piece.heads, piece.column)
    }
    if (await isEnough(end)) return newest.missing === 0
  }
  await rosters
  return true
}

function minutesBack(notBefore: number, at: number): readonly number[] {
  const first = bucketOf('snapshot', notBefore)
  const minutes: number[] = []
  for (let minute = bucketOf('snapshot', at); minute >= first; minute -= BUCKET_MS.snapshot) {
    minutes.push(minute)
  }
  return minutes
}

async function askSingly(
  call: Call,
  { monitor, value, at, notBefore }: WorstQuery,
  of: {
    readonly newest: NewestClosed
    readonly groups: MonitorGroups
    readonly tables: Tables
  },
): Promise<void> {
  const { newest, groups, tables } = of
  const slots = newest.missingSlots()
  await tables.directory.name(call, { monitor, groups }, slots)
  const asked = slots.map(async (slot) => {
    const named = groups.named[slot]
    if (named === undefined) return
    const window = await tables.live.newestClosed(call, { monitor, ...named }, { notBefore, at })
    if (window === undefined) return
    const has = Object.hasOwn(window.values, value)
    newest.found(slot, window.end, has ? window.values[value]! : NaN)
  })
  await Promise.all(asked)
}

/** The first `count` of all that was found: equal values in the order of their stems. */
function ranked(
  { foundSlots, foundValues, foundEnds }: NewestClosed,
  { named }: MonitorGroups,
  { order, count }: { readonly order: WorstQuery['order']; readonly count: number },
): Ranked[] {
  const sign = order === 'highest' ? -1 : 1
  const worst: Ranked[] = []
  const isBefore = (a: Ranked, b: Ranked): boolean =>
    a.value === b.value ? named[a.slot]!.stem < named[b.slot]!.stem : sign * (a.value - b.value) < 0
  for (let i = 0; i < foundSlots.length; i++) {
    const one = { slot: foundSlots[i]!, value: foundValues[i]!, end: foundEnds[i]! }
    if (named[one.slot] === undefined) continue
    if (worst.length >= count && !isBefore(one, worst.at(-1)!)) continue
    worst.splice(
      placeOf(worst, (other) => isBefore(other, one)),
      0,
      one,
    )
    if (worst.length > count) worst.pop()
  }
  return worst
}

/** How many at the front come before: they are sorted. */
function placeOf(worst: readonly Ranked[], comesBefore: (other: Ranked) => boolean): number {
  let low = 0
  let high = worst.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (comesBefore(worst[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}
