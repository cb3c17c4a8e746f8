import type { Group } from '../model/pane.ts'
import type { WindowResult } from '../model/window-result.ts'
import { fnv1a64 } from '../std/hash.ts'
import {
  isJudgedHere,
  type HistoryMonitor,
  type HistorySpec,
  type TermSet,
} from './history-spec.ts'

/** Groups of one partition that are watched at once (D5); more are refused and counted. */
const GROUPS_MAX = 250_000
/** A group without a window for this long is no longer asked for. */
const FORGET_AFTER_MS = 3_600_000
/**
 * Where the store did not answer it is asked again after this much event time; so it is after the
 * first answer, since rules may come into force a moment later than here.
 */
const RETRY_MS = 30_000

/** One set of terms of one group; at most once in the queue. */
export type Due = {
  readonly watched: Watched
  readonly set: TermSet
  /** End of the window at which it was last asked. */
  askedAt: number | undefined
  retryAt: number
  isQueued: boolean
  /** Whether the last thing said was that nothing is known. */
  isSaidUnknown: boolean
}

export type Watched = {
  readonly key: Uint8Array
  readonly monitor: HistoryMonitor
  readonly scope: string
  readonly group: Group
  readonly named: Readonly<Record<string, string>>
  /** Event time by which its turns are shifted, so that groups do not all ask at once. */
  readonly phase: number
  /** End of its newest closed window. */
  end: number
  dues: readonly Due[]
}

/** Which groups are alive, by the windows that close, and what of their past is due (H3). */
export class GroupWatch {
  readonly #spec: HistorySpec
  readonly #groups = new Map<string, Watched>()
  #sweptAt = -Infinity
  refused = 0

  constructor(spec: HistorySpec) {
    this.#spec = spec
  }

  get size(): number {
    return this.#groups.size
  }

  /** Whether windows of this monitor say something here. */
  asks(monitor: string): boolean {
    return this.#spec.monitors.has(monitor)
  }

  /** Takes a window in; answers the sets that are due by it. */
  see(window: WindowResult, key: Uint8Array): readonly Due[] {
    if (!window.closed) return []
    const watched = this.#of(window, key)
    if (watched === undefined || window.end <= watched.end) return []
    watched.end = window.end
    this.#sweep(window.end)
    return watched.dues.filter((due) => {
      if (due.isQueued || !isDue(due, watched)) return false
      due.isQueued = true
      return true
    })
  }

  #of(window: WindowResult, key: Uint8Array): Watched | undefined {
    const { id, scope, end } = window
    const name = id.slice(0, id.lastIndexOf('|'))
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const monitor = this.#spec.monitors.get(window.monitor)
    const isAsking = monitor?.spec.definition === window.definition
    if (monitor === undefined || !isAsking || !isJudgedHere(this.#spec, scope)) return undefined
    if (this.#groups.size >= GROUPS_MAX) {
      this.refused++
      return undefined
    }
    const watched: Watched = {
      key: key.slice(),
      monitor,
      scope,
      group: monitor.spec.groupBy.map((label) => window.group[label] ?? null),
      named: window.group,
      phase: Number.parseInt(fnv1a64([name]).slice(0, 8), 16),
      end: end - 1,
      dues: [],
    }
    watched.dues = monitor.sets.map((set) => ({
      watched,
      set,
      askedAt: undefined,
      retryAt: Infinity,
      isQueued: false,
      isSaidUnknown: false,
    }))
    this.#groups.set(name, watched)
    return watched
  }

  #sweep(now: number): void {
    if (now < this.#sweptAt + FORGET_AFTER_MS / 4) return
    this.#sweptAt = now
    for (const [name, { end }] of this.#groups) {
      if (end < now - FORGET_AFTER_MS) this.#groups.delete(name)
    }
  }
}

function isDue({ askedAt, retryAt, set: { everyMs } }: Due, { end, phase }: Watched): boolean {
  if (askedAt === undefined || end >= retryAt) return true
  const turn = (at: number): number => Math.floor((at + (phase % everyMs)) / everyMs)
  return turn(end) > turn(askedAt)
}

/** Notes that a set was asked at this end, and whether the store answered. */
export function noteAsked(due: Due, end: number, hasAnswered: boolean): void {
  const isFirst = due.askedAt === undefined
  due.askedAt = end
  due.retryAt = hasAnswered && !isFirst ? Infinity : end + RETRY_MS
  due.isQueued = false
}
