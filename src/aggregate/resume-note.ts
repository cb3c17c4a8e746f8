import { utf8 } from '../std/bytes.ts'

/** What stands beside a committed position (D3): watermarks by site, last row by collector. */
export type ResumeNote = {
  readonly watermarks: readonly (readonly [site: string, watermark: number])[]
  readonly numbers: readonly (readonly [collector: string, last: number])[]
}

/** A note of the log holds 4,096 bytes; each half gets a part of it. */
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
