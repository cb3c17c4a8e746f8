import type { MonitorSpec } from '../../model/monitor.ts'
import type { WindowResult } from '../../model/window-result.ts'
import type { MonitorBook } from './monitor-book.ts'
import { subjectKey, windowSubject, type Subject } from './subject.ts'

/** One monitor's newest closed window with rows, of one group in one scope. */
export type Line = {
  readonly monitor: string
  readonly window: WindowResult
}

export type Cell = Subject & {
  readonly key: string
  /** Keyed by monitor and group. */
  readonly lines: Map<string, Line>
  /** Newest end of a window with rows per monitor. */
  readonly endByMonitor: Map<string, number>
}

export type CellBookOptions = {
  readonly monitors: Pick<MonitorBook, 'get'>
  readonly cellsMax: number
  readonly linesMax: number
  /** A cell without rows for this long, and without an open alert, is forgotten (A45). */
  readonly forgetMs: number
}

/** U3: a window older than this is no news, and never a matter of less than five seconds. */
const ageLimitMs = ({ window }: MonitorSpec): number =>
  Math.max(5_000, 3 * window.hopMs + window.latenessMs)

/** The cells of the grid, folded from `windows`; open and empty ones are no sign of life. */
export class CellBook {
  readonly #options: CellBookOptions
  readonly #cells = new Map<string, Cell>()
  /** Rises whenever a cell or a line of one comes or goes. */
  version = 1
  readonly #hidden = new Set<string>()

  constructor(options: CellBookOptions) {
    this.#options = options
  }

  /** Cells and lines that did not fit, counted once each up to the bound itself. */
  get hidden(): number {
    return this.#hidden.size
  }

  get cells(): ReadonlyMap<string, Cell> {
    return this.#cells
  }

  cell(subject: Subject): Cell | undefined {
    return this.#cells.get(subjectKey(subject))
  }

  /** The cell of an alert exists even before, or without, a window of it. */
  ensure(subject: Subject): Cell | undefined {
    if (subject.stream === '') return undefined
    const key = subjectKey(subject)
    const known = this.#cells.get(key)
    if (known !== undefined) return known
    if (this.#cells.size >= this.#options.cellsMax) {
      this.#hide(key)
      return undefined
    }
    this.#hidden.delete(key)
    const cell: Cell = { ...subject, key, lines: new Map(), endByMonitor: new Map() }
    this.#cells.set(key, cell)
    this.version += 1
    return cell
  }

  fold(window: WindowResult): void {
    const monitor = this.#options.monitors.get(window.monitor)
    // A window of another definition is judged by nobody here and would be shown as today's.
    if (!window.closed || window.rows === 0 || monitor === undefined) return
    const cell = this.ensure(windowSubject(window.scope, window.group))
    if (cell === undefined) return
    const lineKey = `${window.monitor}\0${JSON.stringify(Object.values(window.group))}`
    const before = cell.lines.get(lineKey)?.window
    if (before !== undefined && !isNewer(window, before)) return
    if (before === undefined && cell.lines.size >= this.#options.linesMax) {
      this.#hide(`${cell.key}\0${lineKey}`)
      return
    }
    // A cell's first line of a monitor may change which value it shows.
    if (before === undefined) this.version += 1
    cell.lines.set(lineKey, { monitor: window.monitor, window })
    const newest = cell.endByMonitor.get(window.monitor) ?? 0
    cell.endByMonitor.set(window.monitor, Math.max(newest, window.end))
  }

  /** Forgets cells long without rows; when full, the longest unheard twentieth as well. */
  prune(now: number, isOpen: (key: string) => boolean): void {
    const isFull = this.#cells.size >= this.#options.cellsMax
    const idle = [...this.#cells.values()].filter(({ key }) => !isOpen(key))
    const byEnd = idle.map((cell) => ({ cell, end: newestCellEnd(cell) ?? 0 }))
    byEnd.sort((a, b) => a.end - b.end)
    const room = isFull ? Math.ceil(this.#options.cellsMax / 20) : 0
    for (const [rank, { cell, end }] of byEnd.entries()) {
      const isForgotten = now - end > this.#options.forgetMs
      const makesRoom = rank < room && this.age(cell, now) !== 'within'
      if (!isForgotten && !makesRoom) continue
      this.#cells.delete(cell.key)
      this.version += 1
    }
  }

  #hide(key: string): void {
    if (this.#hidden.size < this.#options.cellsMax) this.#hidden.add(key)
  }

  /** Of a cell that several monitors watch, the stalest one decides: green needs them all. */
  age(cell: Cell, now: number): 'within' | 'over' | 'never' {
    if (cell.endByMonitor.size === 0) return 'never'
    for (const [id, end] of cell.endByMonitor) {
      const monitor = this.#options.monitors.get(id)
      if (monitor !== undefined && now - end > ageLimitMs(monitor)) return 'over'
    }
    return 'within'
  }
}

/** End of a cell's newest window with rows. */
export function newestCellEnd(cell: Cell): number | undefined {
  let newest: number | undefined
  for (const end of cell.endByMonitor.values()) {
    if (newest === undefined || end > newest) newest = end
  }
  return newest
}

/** A later window replaces, and a higher revision of the same one (V4). */
const isNewer = (window: WindowResult, before: WindowResult): boolean =>
  window.end > before.end || (window.end === before.end && window.rev > before.rev)
