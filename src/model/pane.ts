/** A group's values in `group_by` order; `null` where the row had none. */
export type Group = readonly (string | null)[]

/** One aggregate's state as it travels: `sketch/` reads the payload, `wire/` only carries it. */
export type PaneState = {
  /** 1 count, 2 sum, 3 min, 4 max, 5 mean, 6 quantile, 7 distinct (formats.md 2). */
  readonly kind: number
  readonly version: number
  readonly payload: Uint8Array
}

/** The whole state of one group in one slice from one source (P1), never a delta. */
export type Pane = {
  readonly monitor: string
  readonly group: Group
  /** 16 hex digits; panes merge only at equal definition. */
  readonly definition: string
  readonly site: string
  readonly partition: number
  /** Start and length of the slice, ms. */
  readonly start: number
  readonly length: number
  /** Rows folded in (P2). */
  readonly rev: number
  readonly late: number
  readonly closed: boolean
  /** Nobody closes panes of its engine: the newest revision stands (ADR 0033). */
  readonly endless: boolean
  readonly spread: boolean
  readonly sampled: boolean
  readonly inexact: boolean
  /** Newest event time in it, and when the last row was read: no part of equality (V5). */
  readonly eventMax: number
  readonly readAt: number
  /** When the newest of its rows was appended to `readings`, by the log's own timestamp. */
  readonly appendedMax: number
  readonly states: readonly PaneState[]
}

/** A source's watermark (P6), repeated to every `panes` partition at least once a second. */
export type Watermark = {
  readonly v: 1
  readonly site: string
  readonly partition: number
  /** How many partitions the site's `readings` have. */
  readonly of: number
  readonly watermark: number
  readonly rows: number
  readonly late: number
  readonly skewed: number
  readonly rejected: number
  readonly at: number
  /** End of a replay: silence is judged up to this event time and not beyond. */
  readonly final?: number
  /**
   * Of a forwarded one: all of (since, watermark] was watched at the site, however long it was on
   * its way; what a reader does not know before `since` was not (V2).
   */
  readonly since?: number
  /**
   * Where panes went to another number of partitions: which of `lanes` ways this one took. The
   * source has come as far as the slowest of them (P6).
   */
  readonly lane?: number
  readonly lanes?: number
}

/**
 * What the past of a group was (H2): reserved site `history`, appended to the group's partition by
 * who asks the store. Later ones of a term replace earlier ones.
 */
export type FactRecord = {
  readonly v: 1
  readonly site: 'history'
  readonly monitor: string
  readonly definition: string
  /** A site, or `all`. */
  readonly scope: string
  readonly group: Group
  /** By the term's text; null: not known. */
  readonly facts: Readonly<Record<string, number | null>>
  /** End of the group's newest window when the store was asked, and of the last it is good for. */
  readonly at: number
  readonly until: number
}

/** The owner's clock record (A7): reserved site `clock`, appended to its `panes` partition. */
export type ClockRecord = {
  readonly v: 1
  readonly site: 'clock'
  readonly partition: number
  readonly epoch: number
  readonly commands_to: number
  readonly at: number
}
