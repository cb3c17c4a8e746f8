import type { Watermark } from '../model/pane.ts'
import { siteOf } from '../model/topics.ts'
import { leastOf, WATERMARK_NONE } from '../window/watermark.ts'
import { LaneTable, type LaneDump } from './lane-table.ts'

/** A clock that jumps by more than this between two records was not there to listen. */
const CLOCK_GAP_MAX_MS = 5000

/** One source as far as this `panes` partition has heard of it. */
export type Source = {
  readonly site: string
  readonly partition: number
  /** −∞ while it is announced but has not spoken. */
  watermark: number
  /** Clock time (A8) at which it was heard last, or was announced. */
  heardAt: number
  silent: boolean
  final: number | null
  /** Whether its owner was away since it was heard last. */
  missed: boolean
  /** Event time of which it said nothing, because it was silent: (from, to]; 0 and 0 for none. */
  darkFrom: number
  darkTo: number
  /** Event time up to which nobody watched it, since it was dark or its owner away; 0 for none. */
  unwatchedTo: number
  /** Where its panes come by several ways: how far each has come. */
  lanes?: LaneDump
}

/** One window's time; it needs every watermark to have reached `closesAt`. */
export type Covered = { readonly start: number; readonly end: number; readonly closesAt: number }

/** How much of a window has arrived, and what is missing (V2). */
export type Coverage = {
  readonly expected: number
  readonly reported: number
  readonly missing: readonly string[]
  /** Where a scope has several sites: how many there are, and how many said anything. */
  readonly sites?: { readonly expected: number; readonly reported: number }
}

/** Sources that panes may name before anything was heard of them: so many and no more (D5). */
const NUMBERS_MAX = 100_000

/** All sources with their watermarks, and which of them still hold windows up (V1, V2). */
export class SourceTable {
  readonly #sources = new Map<string, Source>()
  readonly #absentMs: number
  readonly #sitesExpected: readonly string[]
  readonly #lanes = new LaneTable()
  /** By site, then partition: small numbers by which panes name their source. */
  readonly #numbersBySite = new Map<string, (number | undefined)[]>()
  readonly #byNumber: { readonly key: string; source: Source | undefined }[] = []
  /** Per scope: its least watermark, until some source moves. */
  readonly #leastByScope = new Map<string, number>()
  #isWhole = true
  /** The greatest clock record so far (A8); 0 before the first: then nothing is ever silent. */
  now = 0
  epoch = 0
  /** The greatest event time up to which some source was not watched; 0 for none. */
  unwatchedTo = 0

  /** `sitesExpected`: of whom a source is announced before they ever spoke. */
  constructor(absentMs: number, sitesExpected: readonly string[] = []) {
    this.#absentMs = absentMs
    this.#sitesExpected = sitesExpected
    this.#expect()
  }

  get all(): Iterable<Source> {
    return this.#sources.values()
  }

  get sites(): readonly string[] {
    return [...new Set(Array.from(this.#sources.values(), (source) => source.site))]
  }

  /** The number of a source; undefined where there are too many. */
  numberOf(site: string, partition: number): number | undefined {
    let numbers = this.#numbersBySite.get(site)
    if (numbers === undefined) this.#numbersBySite.set(site, (numbers = []))
    const known = numbers[partition]
    if (known !== undefined || this.#byNumber.length >= NUMBERS_MAX) return known
    const key = keyOf(site, partition)
    numbers[partition] = this.#byNumber.length
    return this.#byNumber.push({ key, source: this.#sources.get(key) }) - 1
  }

  /** Names of the numbered sources: what a checkpoint says. */
  names(): readonly string[] {
    return this.#byNumber.map(({ key }) => key)
  }

  /** The number of a name that another table gave. */
  numberOfName(name: string): number | undefined {
    const [site = '', partition] = name.split('\0')
    return this.numberOf(site, Number(partition))
  }

  /** A numbered source, if it was heard of or announced; the table alone writes it. */
  byNumber(number: number): Readonly<Source> | undefined {
    const entry = this.#byNumber[number]!
    return (entry.source ??= this.#sources.get(entry.key))
  }

  /** Whether every source is heard and was watched without a break: then nothing is incomplete. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** A source spoke (P6); its siblings of the same site become known with it. */
  hear(record: Watermark): void {
    for (let partition = 0; partition < record.of; partition++) this.#known(record.site, partition)
    const source = this.#known(record.site, record.partition)
    const { since } = record
    if (since !== undefined) {
      if (source.silent) this.#awaitOthers(source)
      resumeSince(source, this.#lanes.known(source, record), since)
    }
    const watermark = this.#lanes.reached(source, record)
    if (watermark === undefined) return
    const before = source.silent ? WATERMARK_NONE : source.watermark
    if (since === undefined) resume(source, watermark)
    this.unwatchedTo = Math.max(this.unwatchedTo, source.unwatchedTo)
    source.watermark = Math.max(source.watermark, watermark)
    source.heardAt = this.now
    source.silent = false
    source.missed = false
    if (record.final !== undefined) source.final = record.final
    this.#moved(source.site, before)
    if (this.unwatchedTo > 0 || !this.#isWhole) this.#isWhole = this.#looksWhole()
  }

  /**
   * A link is back, which brings the other sources of its site within moments: until they were
   * absent anew they hold windows up, that the first to speak may not close them alone. Where
   * nobody was heard at all, the cloud itself was away, and every site is awaited so.
   */
  #awaitOthers(back: Source): void {
    const all = [...this.#sources.values()]
    const isAlone = all.every(({ silent }) => silent)
    for (const source of all) {
      if (!source.silent || source === back) continue
      if (!isAlone && siteOf(source.site) !== siteOf(back.site)) continue
      source.silent = false
      source.heardAt = this.now
    }
    this.#leastByScope.clear()
  }

  /** Of a scope's sources only the one that is farthest behind decides: others change nothing. */
  #moved(site: string, before: number): void {
    for (const scope of [site, 'all']) {
      const least = this.#leastByScope.get(scope)
      if (least !== undefined && before <= least) this.#leastByScope.delete(scope)
    }
  }

  /** The owner's clock moved on (A7): who has been silent for too long no longer holds up. */
  tick(at: number, epoch: number): void {
    this.#leastByScope.clear()
    const gapMs = at - this.now
    const away = this.now > 0 && (epoch > this.epoch || gapMs > CLOCK_GAP_MAX_MS) ? gapMs : 0
    const first = this.now === 0
    this.epoch = Math.max(this.epoch, epoch)
    this.now = Math.max(this.now, at)
    for (const source of this.#sources.values()) {
      // While the owner was away nobody listened, so that time is held against no source.
      if (first) source.heardAt = at
      else source.heardAt += Math.max(0, away)
      source.missed ||= away > 0
      source.silent ||= this.now - source.heardAt >= this.#absentMs
    }
    this.#isWhole = this.#looksWhole()
  }

  /** The least watermark of the live sources of a scope; −∞ while one has not spoken. */
  watermark(scope: string): number {
    const known = this.#leastByScope.get(scope)
    if (known !== undefined) return known
    const least = leastOf(this.#liveWatermarks(scope))
    this.#leastByScope.set(scope, least)
    return least
  }

  coverage(scope: string, window: Covered): Coverage {
    let expected = 0
    const missing: Source[] = []
    for (const source of this.of(scope)) {
      expected++
      if (source.watermark < window.closesAt || isDarkIn(source, window)) missing.push(source)
    }
    const reported = expected - missing.length
    const sites = scope === 'all' ? this.#sites(missing) : undefined
    const names = this.#names(missing)
    return { expected, reported, missing: names, ...(sites !== undefined && { sites }) }
  }

  /** Whether every source of a site is silent: the site is dark (A43). */
  isDark(site: string): boolean {
    for (const source of this.of(site)) if (!source.silent) return false
    return true
  }

  /** Up to where silence of groups is judged: the end of a replay, else no bound. */
  get silenceTo(): number {
    let to = Infinity
    for (const { final } of this.#sources.values()) if (final !== null) to = Math.min(to, final)
    return to
  }

  dump(): readonly Source[] {
    return [...this.#sources.values()]
  }

  load(sources: readonly (Omit<Source, 'watermark'> & { watermark: number | null })[]): void {
    for (const source of sources) {
      const watermark = source.watermark ?? WATERMARK_NONE
      const fresh = newSource(source.site, source.partition, source.heardAt)
      this.#sources.set(keyOf(source.site, source.partition), { ...fresh, ...source, watermark })
      this.unwatchedTo = Math.max(this.unwatchedTo, source.unwatchedTo)
    }
    this.#expect()
    this.#leastByScope.clear()
    this.#isWhole = this.#looksWhole()
  }

  /** How many sites there are beside feeds, and of how many at least one source is there. */
  #sites(missing: readonly Source[]): Coverage['sites'] {
    const expected = new Set<string>()
    const reported = new Set<string>()
    const lost = new Set(missing)
    for (const source of this.#sources.values()) {
      const site = siteOf(source.site)
      expected.add(site)
      if (!lost.has(source)) reported.add(site)
    }
    return expected.size < 2 ? undefined : { expected: expected.size, reported: reported.size }
  }

  #expect(): void {
    for (const site of this.#sitesExpected) this.#known(site, 0)
  }

  #looksWhole(): boolean {
    if (this.unwatchedTo > 0) return false
    for (const { silent, darkTo } of this.#sources.values()) if (silent || darkTo > 0) return false
    return true
  }

  /** The sources of a scope; the table alone writes them. */
  *of(scope: string): Iterable<Source> {
    for (const source of this.#sources.values()) {
      if (scope === 'all' || source.site === scope) yield source
    }
  }

  *#liveWatermarks(scope: string): Iterable<number> {
    for (const source of this.of(scope)) if (!source.silent) yield source.watermark
  }

  #known(site: string, partition: number): Source {
    const key = keyOf(site, partition)
    let source = this.#sources.get(key)
    if (source === undefined) {
      source = newSource(site, partition, this.now)
      this.#sources.set(key, source)
      this.#leastByScope.clear()
    }
    return source
  }

  /** Sites of which nothing came by their name alone, others by partition (formats.md 2). */
  #names(missing: readonly Source[]): readonly string[] {
    const sites = new Set(missing.map((source) => source.site))
    const names: string[] = []
    for (const site of sites) {
      const lost = missing.filter((source) => source.site === site)
      const total = [...this.of(site)].length
      if (lost.length === total) names.push(site)
      else names.push(...lost.map((source) => `${site}/${source.partition}`))
    }
    return names.sort()
  }
}

const newSource = (site: string, partition: number, heardAt: number): Source => ({
  site,
  partition,
  watermark: WATERMARK_NONE,
  heardAt,
  silent: false,
  final: null,
  missed: false,
  darkFrom: 0,
  darkTo: 0,
  unwatchedTo: 0,
})

/**
 * A source speaks after nobody heard it for a while: what lies between its two watermarks was not
 * watched. Where it catches up instead, it does so step by step and the first step is short.
 */
function resume(source: Source, watermark: number): void {
  if (!(source.silent || source.missed)) return
  if (source.watermark === WATERMARK_NONE || watermark <= source.watermark) return
  source.unwatchedTo = watermark
  if (!source.silent) return
  source.darkFrom = source.watermark
  source.darkTo = watermark
}

/** A forwarded one says itself since when it was watched: a link that was cut is no darkness. */
function resumeSince(source: Source, known: number, since: number): void {
  if (known === WATERMARK_NONE || since <= known) return
  source.unwatchedTo = since
  source.darkFrom = known
  source.darkTo = since
}

/** Whether a window holds time in which the source was dark (V2). */
export const isDarkIn = (
  { darkFrom, darkTo }: Readonly<Source>,
  { start, end }: Pick<Covered, 'start' | 'end'>,
): boolean => darkFrom < end && start < darkTo

const keyOf = (site: string, partition: number): string => `${site}\0${partition}`
