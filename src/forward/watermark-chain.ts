import type { Watermark } from '../model/pane.ts'

/** Bound of a position's note. */
const NOTE_CHARS_MAX = 4096
const NOTE = /^\[(?:\["[^"\\]*",\d+,-?\d+,-?\d+\],?)*\]$/

type Link = { readonly site: string; readonly partition: number; watermark: number; at: number }

/**
 * The watermarks of one partition as one unbroken story per source. Each that is sent says since
 * when the site has watched: so a reader far away knows a cut link from a source that was dark.
 */
export class WatermarkChain {
  readonly #absentMs: number
  readonly #links = new Map<string, Link>()

  /** `note`: where an earlier chain left off, by `note()`; any other text begins anew. */
  constructor(absentMs: number, note: string) {
    this.#absentMs = absentMs
    if (!NOTE.test(note)) return
    const links = JSON.parse(note) as readonly [string, number, number, number][]
    for (const [site, partition, watermark, at] of links) {
      this.#links.set(keyOf({ site, partition }), { site, partition, watermark, at })
    }
  }

  /** The record with its `since`, and whether it goes on from the one before. */
  follow(record: Watermark): { readonly record: Watermark; readonly isUnbroken: boolean } {
    const key = keyOf(record)
    const { site, partition, watermark, at } = record
    const before = this.#links.get(key)
    const isUnbroken = before !== undefined && at - before.at < this.#absentMs
    const since = isUnbroken ? Math.min(before.watermark, watermark) : watermark
    const reached = Math.max(before?.watermark ?? watermark, watermark)
    this.#links.set(key, { site, partition, watermark: reached, at })
    return { record: { ...record, since }, isUnbroken }
  }

  /** For the note beside the position; empty where it would be too long. */
  note(): string {
    const links = Array.from(this.#links.values(), ({ site, partition, watermark, at }) => [
      site,
      partition,
      watermark,
      at,
    ])
    const note = JSON.stringify(links)
    return note.length > NOTE_CHARS_MAX ? '' : note
  }
}

const keyOf = ({ site, partition }: Pick<Watermark, 'site' | 'partition'>): string =>
  `${site}\0${partition}`
