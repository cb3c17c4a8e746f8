import type { ErrorBars } from '../sketch/error-bars.ts'
import type { WindowResult } from '../model/window-result.ts'
import type { GroupState, ScopeParts } from './group-state.ts'
import type { Coverage, SourceTable } from './source-table.ts'
import type { WindowMerge } from './window-merge.ts'

/** How a window is made: at what wall time, whether it is closed, whether it was issued before. */
export type Making = {
  readonly bars: ErrorBars | undefined
  readonly wall: number
  readonly closed: boolean
  readonly corrected: boolean
}

/** Grows with every row, every source that closes, and the close itself (formats.md 2). */
export const revisionOf = (
  rows: number,
  of: { readonly reported: number; readonly closed: boolean },
): number => rows * 4096 + 2 * of.reported + (of.closed ? 1 : 0)

/** Makes window results of one scope from merged panes. */
export class WindowMaker {
  readonly #parts: Pick<ScopeParts, 'monitor' | 'scope'>
  readonly #sources: SourceTable
  readonly #merge: WindowMerge
  /** By end: all groups' windows of one time are covered alike. */
  readonly #coverageByEnd = new Map<number, Coverage>()

  constructor(
    parts: Pick<ScopeParts, 'monitor' | 'scope'>,
    sources: SourceTable,
    merge: WindowMerge,
  ) {
    this.#parts = parts
    this.#sources = sources
    this.#merge = merge
  }

  /** Forgets what it knew of the sources, since one of them moved. */
  refresh(): void {
    this.#coverageByEnd.clear()
  }

  /** The window that ends here, from what was gathered and merged for it. */
  make(
    state: Pick<GroupState, 'frame' | 'named'>,
    end: number,
    { wall, closed, corrected, bars }: Making,
  ): WindowResult {
    const { monitor, scope } = this.#parts
    const { spec } = monitor
    const sources = this.#coverage(end)
    const { rows } = this.#merge
    const { event, read, pane } = this.#merge.receipt()
    const stderr = this.#merge.namedErrors(bars)
    return {
      v: 1,
      id: `${state.frame.idPrefix}${end}`,
      scope,
      monitor: spec.id,
      definition: spec.definition,
      group: state.named,
      start: end - spec.window.sizeMs,
      end,
      rev: revisionOf(rows, { reported: sources.reported, closed }),
      closed,
      rows,
      values: this.#merge.named(),
      ...(stderr === undefined ? {} : { stderr }),
      sources,
      complete: sources.missing.length === 0,
      corrected,
      receipt: { event, read, pane, closed: closed ? wall : null },
    }
  }

  #coverage(end: number): Coverage {
    const known = this.#coverageByEnd.get(end)
    if (known !== undefined) return known
    const { sizeMs, latenessMs } = this.#parts.monitor.spec.window
    const span = { start: end - sizeMs, end, closesAt: end + latenessMs }
    const coverage = this.#sources.coverage(this.#parts.scope, span)
    this.#coverageByEnd.set(end, coverage)
    return coverage
  }
}
