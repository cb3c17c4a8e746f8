import type { LogGap } from '../../log/log.ts'
import type { MetGap, ReadinessCheck } from '../../serve/serve-context.ts'
import type { Logger } from '../../telemetry/logger.ts'

/** So many are shown; all are counted and logged (D5). */
const SHOWN_MAX = 20

type GapLabels = { readonly topic: string; readonly reader: string; readonly reason: string }

/**
 * Rows that readers of this start of the program never got (D8): each gap is logged, counted and
 * shown. A reader that begins again at the same position meets the same gap again; what is new of
 * it is told alone.
 */
export class LogGaps {
  readonly #logger: Logger
  readonly #count: (labels: GapLabels, rows: number) => void
  /** By reader and partition, oldest first. */
  readonly #metByPlace = new Map<string, MetGap>()

  constructor(logger: Logger, count: (labels: GapLabels, rows: number) => void) {
    this.#logger = logger
    this.#count = count
  }

  met(reader: string, gap: LogGap): void {
    const { topic, partition, reason } = gap
    const place = `${reader} ${topic}/${partition} ${reason}`
    const before = this.#metByPlace.get(place)?.gap
    const isSame = before?.from === gap.from
    const rows = gap.to - Math.max(gap.from, isSame ? before.to : gap.from)
    if (rows <= 0) return
    this.#metByPlace.delete(place)
    this.#metByPlace.set(place, { reader, gap })
    this.#count({ topic, reader, reason }, rows)
    const { from, to, fromMs, toMs } = gap
    const span = { from_at: isoOf(fromMs), to_at: isoOf(toMs) }
    this.#logger.warn(
      { reader, topic, partition, reason, from, to, rows, ...span },
      SENTENCE[reason],
    )
  }

  /** The newest ones, newest first. */
  get list(): readonly MetGap[] {
    return [...this.#metByPlace.values()].slice(-SHOWN_MAX).reverse()
  }

  /** None of them keeps the program from being ready: what is gone does not come by waiting. */
  checks(): readonly ReadinessCheck[] {
    return this.list.map(({ reader, gap }) => {
      const { topic, partition, reason, from, to } = gap
      const detail = `${to - from} rows ${reason}, ${from} to ${to - 1}`
      return { name: `${reader} has a gap in ${topic}/${partition}`, isOk: true, detail }
    })
  }
}

const SENTENCE = {
  expired: 'retention took rows before this reader had them; it goes on behind them',
  lost: 'the log ends before this position: rows that had been read were lost',
} as const

/** What `Date` can hold; event times come from outside, and may be anything. */
const INSTANT_MAX = 8.64e15

const isoOf = (at: number | undefined): string | undefined =>
  at !== undefined && Math.abs(at) <= INSTANT_MAX ? new Date(at).toISOString() : undefined
