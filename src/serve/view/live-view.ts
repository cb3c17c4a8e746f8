import type { MonitorSpec } from '../../model/monitor.ts'
import type { Watermark } from '../../model/pane.ts'
import type { Step, Told } from '../../model/step.ts'
import type { WindowResult } from '../../model/window-result.ts'
import { AlertBook, type AlertChanges } from './alert-book.ts'
import { CellBook, newestCellEnd, type Cell } from './cell-book.ts'
import { cellHealth } from './cell-health.ts'
import type { AlertView, Cells, FeedState, LogView, Roster, Sites, SiteView } from '../contract.ts'
import { MonitorBook } from './monitor-book.ts'
import { SiteBook } from './site-book.ts'
import { subjectKey, type Subject } from './subject.ts'
import type { SiteEngine } from './site-engine.ts'

export type LiveViewOptions = {
  readonly monitors: readonly MonitorSpec[]
  readonly simulatedSites: readonly string[]
  readonly absentMs?: number
  readonly cellsMax?: number
  /** How the log is now; absent: it is well. */
  readonly logView?: () => LogView
  /** Queries of another engine, by site. */
  readonly engines?: () => ReadonlyMap<string, SiteEngine>
}

/** One second's picture; `roster` is absent while the cells are those of the second before. */
export type Pulse = {
  readonly roster?: Roster
  readonly cells: Cells
  readonly sites: Sites
}

/** Bounds of the view: what a wall of 2,000 streams at two sites needs, and no more. */
const CELLS_MAX = 4_096
const LINES_MAX = 32
const OPEN_MAX = 10_000
const SEEN_MAX = 100_000
const SITES_MAX = 256
const MISSING_MAX = 16
/** V2, A43 and A45. */
const ABSENT_MS = 30_000
const DELAYED_MS = 15_000
const FORGET_MS = 3_600_000

const RANK: Readonly<Record<AlertView['condition'], number>> = {
  pending: 0,
  recovering: 1,
  firing: 2,
}
const LEVEL_RANK: Readonly<Record<AlertView['level'], number>> = {
  info: 0,
  warning: 1,
  critical: 2,
}

const NOWHERE: ReadonlyMap<string, SiteEngine> = new Map()
const WELL: LogView = { spool: null, one_copy: null, store: null }

/** As people count: arena-2 before arena-10. */
const collator = new Intl.Collator('en', { numeric: true })
const byName = (a: Cell, b: Cell): number => collator.compare(a.key, b.key)

const alertRank = ({ condition, level, ack }: AlertView): number =>
  RANK[condition] * 100 + LEVEL_RANK[level] * 10 + (ack === null ? 1 : 0)

/**
 * What the wall shows, folded from the logs by one owner and asked once a second: cells, open
 * episodes and sites. Everything in it is bounded, and what did not fit is a number (SPEC D5).
 */
export class LiveView {
  readonly monitors: MonitorBook
  readonly #isSimulated: (scope: string) => boolean
  readonly #logView: () => LogView
  readonly #engines: () => ReadonlyMap<string, SiteEngine>
  readonly #alerts: AlertBook
  readonly #cells: CellBook
  readonly #sites: SiteBook
  #roster: Roster | undefined
  #order: readonly Cell[] = []
  #missing: readonly string[] = []
  #siteViews: readonly SiteView[] = []
  /** Set by whoever reads the logs: only `live` may show anything as healthy. */
  feed: FeedState = 'restoring'

  constructor(options: LiveViewOptions) {
    const monitors = new MonitorBook(options.monitors)
    const simulated = new Set(options.simulatedSites)
    this.monitors = monitors
    this.#logView = options.logView ?? (() => WELL)
    this.#engines = options.engines ?? (() => NOWHERE)
    this.#isSimulated = (scope) => simulated.has(scope)
    this.#alerts = new AlertBook({
      groupBy: (monitor) => monitors.get(monitor)?.groupBy,
      judged: (monitor, alert) => monitors.judged(monitor, alert),
      isSimulated: this.#isSimulated,
      openMax: OPEN_MAX,
      seenMax: SEEN_MAX,
    })
    this.#cells = new CellBook({
      monitors,
      cellsMax: options.cellsMax ?? CELLS_MAX,
      linesMax: LINES_MAX,
      forgetMs: FORGET_MS,
    })
    this.#sites = new SiteBook({
      isSimulated: this.#isSimulated,
      absentMs: options.absentMs ?? ABSENT_MS,
      delayedMs: DELAYED_MS,
      sitesMax: SITES_MAX,
    })
  }

  get alerts(): readonly AlertView[] {
    return [...this.#alerts.open.values()]
  }

  get recent(): AlertChanges['steps'] {
    return this.#alerts.recent
  }

  get cellCount(): number {
    return this.#cells.cells.size
  }

  isOpen(episode: string): boolean {
    return this.#alerts.isOpen(episode)
  }

  isSimulated(scope: string): boolean {
    return this.#isSimulated(scope)
  }

  cell(subject: Subject): Cell | undefined {
    return this.#cells.cell(subject)
  }

  foldWindows(windows: readonly WindowResult[]): void {
    for (const window of windows) this.#cells.fold(window)
  }

  foldSteps(records: readonly (Step | Told)[]): AlertChanges {
    return this.#alerts.fold(records)
  }

  foldWatermark(watermark: Watermark, heardAt: number): void {
    this.#sites.fold(watermark, heardAt)
  }

  /** Judges everything at `now`; the roster comes along when it changed since the last call. */
  pulse(now: number): Pulse {
    const alertByCell = this.#worstByCell()
    this.#cells.prune(now, (key) => alertByCell.has(key))
    this.#siteViews = this.#sites.judge(now, {
      cells: (site) => this.#cellsOf(site),
      engines: this.#engines(),
    })
    const roster = this.#newRoster()
    const cells = this.#judgeCells(now, alertByCell)
    const log = this.#logView()
    const sites: Sites = { now, sites: this.#siteViews, missing: this.#missing, log }
    return { ...(roster === undefined ? {} : { roster }), cells, sites }
  }

  /** The roster of the last pulse. */
  get roster(): Roster {
    return this.#roster ?? this.#buildRoster()
  }

  #cellsOf(site: string): number {
    let count = 0
    for (const { scope } of this.#order) count += scope === site ? 1 : 0
    return count
  }

  /** Every open alert has a cell, and of several the worst decides its picture. */
  #worstByCell(): ReadonlyMap<string, AlertView> {
    const worst = new Map<string, AlertView>()
    for (const alert of this.#alerts.open.values()) {
      const cell = this.#cells.ensure(alert)
      if (cell === undefined) continue
      const other = worst.get(cell.key)
      if (other === undefined || alertRank(alert) > alertRank(other)) worst.set(cell.key, alert)
    }
    return worst
  }

  #newRoster(): Roster | undefined {
    return this.#roster?.version === this.#cells.version ? undefined : this.#buildRoster()
  }

  #buildRoster(): Roster {
    const { version } = this.#cells
    this.#order = [...this.#cells.cells.values()].sort(byName)
    this.#roster = {
      version,
      streams: this.#order.map(({ stream }) => stream),
      scopes: this.#order.map(({ scope }) => scope),
      value_names: this.#order.map((cell) => this.monitors.shown(this.#mainOf(cell))),
      simulated: this.#order.map(({ scope }) => this.#isSimulated(scope)),
    }
    return this.#roster
  }

  /** The first monitor, in the order of the configuration, that watches this cell. */
  #mainOf(cell: Cell): string {
    return this.monitors.list.find(({ id }) => cell.endByMonitor.has(id))?.id ?? ''
  }

  #judgeCells(now: number, alertByCell: ReadonlyMap<string, AlertView>): Cells {
    const dataByCell = new Map(
      [...this.#alerts.quiet.values()].map(({ subject, data }) => [subjectKey(subject), data]),
    )
    const lags = this.#siteViews.flatMap(({ state, lag_ms }) =>
      state === 'down' || lag_ms === null ? [] : [lag_ms],
    )
    let states = ''
    let marks = ''
    let heard = 0
    const missing = new Set<string>()
    const values: (number | null)[] = []
    const ages: (number | null)[] = []
    for (const cell of this.#order) {
      const alert = alertByCell.get(cell.key)
      const quiet = dataByCell.get(cell.key) as AlertView['data'] | undefined
      const age = this.#cells.age(cell, now)
      const news = newestOf(cell)
      for (const name of news.missing) if (missing.size < MISSING_MAX) missing.add(name)
      const { state, hatched } = cellHealth({
        feed: this.feed,
        site: cell.scope === 'all' ? 'up' : this.#sites.state(cell.scope),
        data: quiet ?? 'fresh',
        complete: news.complete,
        age,
        condition: alert?.condition ?? 'inactive',
        level: alert?.level ?? 'info',
        absent: alert?.cause === 'absent',
      })
      const acked = alert !== undefined && alert.ack !== null
      const end = newestCellEnd(cell)
      states += state
      marks += ((hatched ? 1 : 0) + (acked ? 2 : 0) + (news.corrected ? 4 : 0)).toString(16)
      values.push(this.#valueOf(cell))
      ages.push(end === undefined ? null : now - end)
      heard += age === 'within' ? 1 : 0
    }
    this.#missing = [...missing].sort()
    return {
      now,
      feed: this.feed,
      roster: this.#roster?.version ?? 0,
      states,
      marks,
      values,
      ages_ms: ages,
      newest_at: this.#sites.newestAt(),
      lag_ms: lags.length === 0 ? null : Math.max(...lags),
      heard,
      hidden: this.#cells.hidden + this.#alerts.refused + this.#sites.refused,
    }
  }

  /** The worst newest value among the cell's lines of its main monitor, in four digits. */
  #valueOf(cell: Cell): number | null {
    const main = this.#mainOf(cell)
    const name = this.monitors.shown(main)
    const end = cell.endByMonitor.get(main)
    let worst: number | null = null
    for (const { monitor, window } of cell.lines.values()) {
      const value = window.values[name]
      if (monitor !== main || window.end !== end || value === undefined) continue
      const isWorse =
        worst === null || (this.monitors.isLowWorse(main) ? value < worst : value > worst)
      if (isWorse) worst = value
    }
    return worst === null ? null : Number(worst.toPrecision(4))
  }
}

/** What a cell's newest windows, one or more a monitor, say together. */
function newestOf(cell: Cell) {
  let complete = true
  let corrected = false
  const missing: string[] = []
  for (const { monitor, window } of cell.lines.values()) {
    if (window.end !== cell.endByMonitor.get(monitor)) continue
    complete &&= window.complete
    corrected ||= window.corrected
    missing.push(...window.sources.missing)
  }
  return { complete, corrected, missing }
}
