import type { Watermark } from '../../model/pane.ts'
import type { SiteState } from './cell-health.ts'
import type { EngineView, SiteView } from '../contract.ts'
import type { SiteEngine } from './site-engine.ts'

export type SiteBookOptions = {
  readonly isSimulated: (site: string) => boolean
  /** Silence after which a source no longer counts (V2). */
  readonly absentMs: number
  /** Lag that makes a site DELAYED; it is UP again at half of it (A43). */
  readonly delayedMs: number
  readonly sitesMax: number
}

/** What is known of sites beside their watermarks. */
export type SiteFacts = {
  /** Counts a site's cells. */
  readonly cells: (site: string) => number
  readonly engines: ReadonlyMap<string, SiteEngine>
}

type Source = { readonly watermark: number; readonly rows: number; readonly heardAt: number }
type Site = { readonly sources: Map<number, Source>; of: number; state: SiteState }

/** A site has no more partitions than a topic of ours may have. */
const PARTITIONS_MAX = 1_024

/** Which sites live, folded from the watermark records of one `panes` partition (P6). */
export class SiteBook {
  readonly #options: SiteBookOptions
  readonly #sites = new Map<string, Site>()
  /** Records of sites or partitions beyond the bounds. */
  refused = 0

  constructor(options: SiteBookOptions) {
    this.#options = options
  }

  /** `heardAt` is when the record was read here: silence is judged on our own clock. */
  fold(record: Watermark, heardAt: number): void {
    const site = this.#site(record.site)
    if (site === undefined || record.partition >= PARTITIONS_MAX) {
      this.refused += 1
      return
    }
    const before = site.sources.get(record.partition)
    const watermark = Math.max(record.watermark, before?.watermark ?? record.watermark)
    site.of = record.of
    site.sources.set(record.partition, { watermark, rows: record.rows, heardAt })
  }

  state(site: string): SiteState {
    return this.#sites.get(site)?.state ?? 'unknown'
  }

  /** Judges every site at `now` and answers them by name. */
  judge(now: number, { cells, engines }: SiteFacts): readonly SiteView[] {
    const views: SiteView[] = []
    for (const [name, site] of this.#sites) {
      const live = [...site.sources.values()].filter(
        ({ heardAt }) => now - heardAt < this.#options.absentMs,
      )
      const lagMs = live.length === 0 ? null : now - Math.min(...live.map((s) => s.watermark))
      site.state = this.#stateOf(site, lagMs)
      const heard = [...site.sources.values()].map(({ heardAt }) => heardAt)
      views.push({
        site: name,
        state: site.state,
        lag_ms: lagMs,
        silent_ms: heard.length === 0 ? null : now - Math.max(...heard),
        heard: live.length,
        of: Math.max(site.of, live.length),
        rows: [...site.sources.values()].reduce((sum, { rows }) => sum + rows, 0),
        cells: cells(name),
        simulated: this.#options.isSimulated(name),
        engine: engineView(engines.get(name), now),
      })
    }
    for (const [site, engine] of engines) {
      if (!this.#sites.has(site)) views.push(this.#unheard(site, engineView(engine, now)))
    }
    return views.sort((a, b) => (a.site < b.site ? -1 : 1))
  }

  /** The greatest event time heard. */
  newestAt(): number | null {
    let newest: number | null = null
    for (const { sources } of this.#sites.values()) {
      for (const { watermark } of sources.values()) {
        if (newest === null || watermark > newest) newest = watermark
      }
    }
    return newest
  }

  /** A site whose query has not brought anything yet, and may never. */
  #unheard(site: string, engine: EngineView | null): SiteView {
    const nothing = { state: 'unknown', lag_ms: null, silent_ms: null, heard: 0, of: 0 } as const
    const simulated = this.#options.isSimulated(site)
    return { site, ...nothing, rows: 0, cells: 0, simulated, engine }
  }

  #stateOf(site: Site, lagMs: number | null): SiteState {
    if (lagMs === null) return 'down'
    const { delayedMs } = this.#options
    if (lagMs > delayedMs) return 'delayed'
    const wasBehind = site.state === 'delayed' || site.state === 'down'
    return wasBehind && lagMs > delayedMs / 2 ? 'delayed' : 'up'
  }

  #site(name: string): Site | undefined {
    const known = this.#sites.get(name)
    if (known !== undefined) return known
    if (this.#sites.size >= this.#options.sitesMax) return undefined
    const site: Site = { sources: new Map(), of: 0, state: 'unknown' }
    this.#sites.set(name, site)
    return site
  }
}

const engineView = (of: SiteEngine | undefined, now: number): EngineView | null =>
  of === undefined
    ? null
    : { name: of.engine, state: of.state, age_ms: now - of.since, says: of.says ?? null }
