import { utf8 } from '../std/bytes.ts'

/** What stands beside a committed position (D3): watermarks by site, last row by collector. */
export type ResumeNote = {
  readonly watermarks: readonly (readonly [site: string, watermark: number])[]
  readonly numbers: readonly (readonly [collector: string, last: number])[]
}

/** The panes of all rows before an offset are in the log, as the fold of this name makes them. */
export type ToldPanes = { readonly to: number; readonly by: string }

/** A note of the log holds 4,096 bytes; each half gets a part of it, and `ToldPanes` the rest. */
const WATERMARK_BYTES_MAX = 1_900
const NUMBER_BYTES_MAX = 2_100

/**
 * The note as text. What does not fit is left out from the end: such a site begins without a
 * watermark after a restart, and rows that such a collector repeats are counted again.
 */
export function encodeResumeNote({ watermarks, numbers }: ResumeNote): string {
  const w = fitting(watermarks, WATERMARK_BYTES_MAX)
  const n = fitting(numbers, NUMBER_BYTES_MAX)
  return `{"w":[${w.join()}],"n":[${n.join()}]}`
}

/** The inverse; only this file writes notes, and an empty one is that of a new reader. */
export function decodeResumeNote(note: string): ResumeNote {
  if (note === '') return { watermarks: [], numbers: [] }
  const { w, n } = JSON.parse(note) as {
    w: ResumeNote['watermarks']
    n: ResumeNote['numbers']
  }
  return { watermarks: w, numbers: n }
}

/** A note that also says up to where panes need not be written again. */
export const withTold = (note: string, { to, by }: ToldPanes): string =>
  `{"p":[${to},"${by}"],${note.slice(1)}`

/** Up to where the panes of this fold need not be written again; 0 where a note does not say it. */
export function toldTo(note: string, by: string): number {
  if (note === '') return 0
  const { p } = JSON.parse(note) as { p?: readonly [to: number, by: string] }
  return p?.[1] === by ? p[0] : 0
}

/**
 * A note with its one offset as another log counts; `told` is undefined where a note has none.
 * Watermarks are event times and row numbers are the collectors' own: both hold in any log.
 */
export function movedNote(
  note: string,
  offsetOf: (told: number) => number,
): { readonly note: string; readonly told?: number } {
  if (note === '') return { note }
  const { p, ...rest } = JSON.parse(note) as { p?: readonly [to: number, by: string] }
  if (p === undefined) return { note }
  const [to, by] = p
  return { note: withTold(JSON.stringify(rest), { to: offsetOf(to), by }), told: to }
}

function fitting(
  entries: readonly (readonly [string, number])[],
  bytesMax: number,
): readonly string[] {
  const texts: string[] = []
  let bytes = 0
  for (const entry of entries) {
    const text = JSON.stringify(entry)
    bytes += utf8(text).length + 1
    if (bytes > bytesMax) break
    texts.push(text)
  }
  return texts
}
