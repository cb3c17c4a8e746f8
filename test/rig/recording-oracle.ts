import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'

/** A row as it stands in a recording, before anything of ours has read it. */
export type RawRow = { readonly ts: number; readonly [field: string]: unknown }

/** The rows of an NDJSON recording, plain or packed, read by the platform's own means alone. */
export async function readRecording(path: string): Promise<readonly RawRow[]> {
  const file = createReadStream(path)
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  const rows: RawRow[] = []
  for await (const line of createInterface({ input })) rows.push(JSON.parse(line) as RawRow)
  return rows
}

/** The rows of one window of one group, in order of their time. */
export type WindowRows = {
  readonly group: string
  readonly start: number
  readonly end: number
  readonly rows: readonly RawRow[]
}

/**
 * Every window that has rows, computed from the raw rows by another algorithm than the engine's:
 * the rows of a group are sorted by time, and a window is a stretch of that list, cut out by two
 * fingers that walk along it (W2, W3). There are no slices, no states and no watermark.
 */
export function* windowsOf(
  rows: readonly RawRow[],
  window: { readonly sizeMs: number; readonly hopMs: number },
  groupOf: (row: RawRow) => string,
): Iterable<WindowRows> {
  const { sizeMs, hopMs } = window
  for (const [group, unsorted] of Map.groupBy(rows, groupOf)) {
    const sorted = unsorted.toSorted((a, b) => a.ts - b.ts)
    let [from, to] = [0, 0]
    let end = sorted[0]!.ts - (sorted[0]!.ts % hopMs) + hopMs
    while (from < sorted.length) {
      while (to < sorted.length && sorted[to]!.ts < end) to++
      while (from < to && sorted[from]!.ts < end - sizeMs) from++
      if (from < to) yield { group, start: end - sizeMs, end, rows: sorted.slice(from, to) }
      // Over a gap the next window with rows is the first one that holds the next row.
      const next = from < to ? end : sorted[to]?.ts
      if (next === undefined) break
      end = from < to ? end + hopMs : next - (next % hopMs) + hopMs
    }
  }
}
