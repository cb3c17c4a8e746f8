import { WATERMARK_NONE } from '../window/watermark.ts'
import { isDarkIn, type Source } from './source-table.ts'

/** Closed windows whose end lies in (from, to], and how they are cut. */
export type ClosedSpan = {
  readonly from: number
  readonly to: number
  readonly sizeMs: number
  readonly hopMs: number
  readonly latenessMs: number
}

/**
 * Sources that windows of one scope were closed without, as where a link was cut. One that comes
 * after all brings its panes first and its watermark last, and no pane changes then: those windows
 * are issued once more, since they lack nothing any longer (V1, V2).
 */
export class LeftBehind {
  /** How far each had come when it was looked at last. */
  readonly #reachedBySource = new Map<Source, number>()

  /** Every window that needs no more than this watermark is closed now. */
  closed(sources: Iterable<Source>, closesAt: number): void {
    for (const source of sources) {
      const { watermark } = source
      // Who never spoke brings nothing of the time before.
      if (watermark === WATERMARK_NONE || watermark >= closesAt) continue
      if (!this.#reachedBySource.has(source)) this.#reachedBySource.set(source, watermark)
    }
  }

  /** Ends of closed windows that a source has passed since: it watched all of them. */
  brought({ from, to, sizeMs, hopMs, latenessMs }: ClosedSpan): ReadonlySet<number> {
    const ends = new Set<number>()
    for (const [source, reached] of this.#reachedBySource) {
      const { watermark } = source
      if (watermark <= reached) continue
      if (watermark >= to + latenessMs) this.#reachedBySource.delete(source)
      else this.#reachedBySource.set(source, watermark)
      const first = Math.floor(Math.max(reached - latenessMs, from) / hopMs) * hopMs + hopMs
      const last = Math.min(watermark - latenessMs, to)
      for (let end = first; end <= last; end += hopMs) {
        if (!isDarkIn(source, { start: end - sizeMs, end })) ends.add(end)
      }
    }
    return ends
  }
}
