import type { Watermark } from '../../model/pane.ts'
import type { SiteMinute } from '../../model/roll-up.ts'
import type { SourceTable } from '../source-table.ts'
import { MINUTE_MS } from './roll-up-monitor.ts'

/** Minutes of one site that wait for sources which may still come (D5): a day. */
const MINUTES_MAX = 1440

type Counts = { rows: number; late: number; rejected: number }
/** The totals that a source said last, and in which minute. */
type Said = Counts & { readonly at: number }
type Heard = Counts & { lagMs: number | null }

/** What is known of one site. */
type Site = {
  /** Every minute that ends at or before this was told at least once. */
  toldTo: number
  /** By partition. */
  readonly totals: Map<number, Said>
  /** By start: what was heard in a minute that was not told yet, or lacks a source. */
  readonly minutes: Map<number, Heard>
  /** By start: sources that had reported when it was told. */
  readonly waiting: Map<number, number>
  /** Whether a source has entered another minute since they were looked at. */
  hasMoved: boolean
}

export type SiteMinutesDump = readonly {
  readonly site: string
  readonly toldTo: number
  readonly totals: readonly (readonly [number, Said])[]
  readonly minutes: readonly (readonly [number, Heard])[]
  readonly waiting: readonly (readonly [number, number])[]
}[]

/**
 * How complete each site was in each minute (T5): from watermark records alone, which go to every
 * partition of `panes` alike, so whoever has the first of them tells it for all.
 */
export class SiteMinutes {
  readonly #sources: SourceTable
  readonly #absentMs: number
  readonly #sites = new Map<string, Site>()

  constructor(sources: SourceTable, absentMs: number) {
    this.#sources = sources
    this.#absentMs = absentMs
  }

  /** To be told after the sources were. */
  hear({ site: name, partition, watermark, at, lane = 0, ...said }: Watermark): void {
    // A source that comes by several ways says the same on each of them.
    if (lane > 0) return
    const minute = Math.floor(watermark / MINUTE_MS) * MINUTE_MS
    const site = this.#site(name, minute)
    const { rows, late, rejected } = said
    // What came before a source was heard for the first time belongs to no minute.
    const before = site.totals.get(partition) ?? { rows, late, rejected, at: -Infinity }
    site.totals.set(partition, { rows, late, rejected, at: minute })
    // What waits for this source may have it now.
    site.hasMoved ||= before.at !== minute
    if (minute < site.toldTo && !site.waiting.has(minute)) return
    let heard = site.minutes.get(minute)
    if (heard === undefined) {
      site.minutes.set(minute, (heard = { rows: 0, late: 0, rejected: 0, lagMs: null }))
    }
    heard.rows += since(before.rows, rows)
    heard.late += since(before.late, late)
    heard.rejected += since(before.rejected, rejected)
    heard.lagMs = Math.max(heard.lagMs ?? -Infinity, at - watermark)
  }

  /** A clock record came: a site that says nothing any more is told of all the same. */
  tick(): void {
    for (const site of this.#sites.values()) site.hasMoved = true
  }

  /** Minutes that are over, and those that have become more complete. */
  *due(): Generator<SiteMinute> {
    for (const [name, site] of this.#sites) {
      const to = this.#overTo(name)
      if (to <= site.toldTo && !site.hasMoved) continue
      site.hasMoved = false
      for (const [at, reported] of [...site.waiting]) {
        if (this.#covered(name, at).reported > reported) yield this.#tell(name, site, at)
      }
      // Of a jump over more than a day the newest day is told.
      const first = Math.max(site.toldTo, to - MINUTES_MAX * MINUTE_MS)
      for (let at = first; at + MINUTE_MS <= to; at += MINUTE_MS) {
        yield this.#tell(name, site, at)
      }
      site.toldTo = Math.max(site.toldTo, to)
      forgetOldest(site)
    }
  }

  dump(): SiteMinutesDump {
    return Array.from(this.#sites, ([site, { toldTo, totals, minutes, waiting }]) => ({
      ...{ site, toldTo, totals: [...totals], minutes: [...minutes], waiting: [...waiting] },
    }))
  }

  load(dump: SiteMinutesDump): void {
    for (const { site, toldTo, totals, minutes, waiting } of dump) {
      this.#sites.set(site, {
        ...{ toldTo, totals: new Map(totals), minutes: new Map(minutes) },
        ...{ waiting: new Map(waiting), hasMoved: true },
      })
    }
  }

  #site(name: string, minute: number): Site {
    let site = this.#sites.get(name)
    if (site === undefined) {
      const [totals, minutes, waiting] = [new Map(), new Map(), new Map()]
      site = { toldTo: minute, totals, minutes, waiting, hasMoved: true }
      this.#sites.set(name, site)
    }
    return site
  }

  /** Up to where a site's minutes are over: by its live sources, else by the clock. */
  #overTo(name: string): number {
    const { now } = this.#sources
    const watermark = this.#sources.watermark(name)
    const waited = now - this.#absentMs - MINUTE_MS
    const to = Number.isFinite(watermark) ? watermark : this.#sources.isDark(name) ? waited : 0
    return Math.floor(to / MINUTE_MS) * MINUTE_MS
  }

  #covered(name: string, at: number) {
    const end = at + MINUTE_MS
    return this.#sources.coverage(name, { start: at, end, closesAt: end })
  }

  #tell(name: string, site: Site, at: number): SiteMinute {
    const { expected, reported } = this.#covered(name, at)
    const heard = site.minutes.get(at) ?? { rows: 0, late: 0, rejected: 0, lagMs: null }
    if (reported < expected) {
      site.waiting.set(at, reported)
      site.minutes.set(at, heard)
    } else {
      site.waiting.delete(at)
      site.minutes.delete(at)
    }
    const { rows, late, rejected } = heard
    const rev = (rows + late + rejected) * 4096 + 2 * reported + 1
    return { site: name, at, rev, expected, reported, ...heard }
  }
}

/** A total that fell was begun anew. */
const since = (before: number, now: number): number => (now >= before ? now - before : now)

function forgetOldest({ waiting, minutes, toldTo }: Site): void {
  for (const at of waiting.keys()) {
    if (waiting.size <= MINUTES_MAX) break
    waiting.delete(at)
  }
  for (const at of minutes.keys()) if (at < toldTo && !waiting.has(at)) minutes.delete(at)
}
