import type { Row } from './pipeline.ts'

/** What a group's window must be, computed from the raw rows alone. */
export type OracleWindow = {
  readonly rows: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly p95: number
  readonly sessions: number
}

/**
 * The windows of all rows by another algorithm than the engine's: every row is put whole into
 * every window that holds it, and each window is computed from its list. `x` in thousandths.
 */
export function oracleWindows(
  rows: readonly Row[],
  window: { readonly sizeMs: number; readonly hopMs: number },
  groupOf: (row: Row) => string,
): ReadonlyMap<string, OracleWindow> {
  const lists = new Map<string, Row[]>()
  for (const row of rows) {
    const first = row.ts - (row.ts % window.hopMs) + window.hopMs
    for (let end = first; end - window.sizeMs <= row.ts; end += window.hopMs) {
      const id = `${groupOf(row)}|${end}`
      const list = lists.get(id)
      if (list === undefined) lists.set(id, [row])
      else list.push(row)
    }
  }
  return new Map(Array.from(lists, ([id, list]) => [id, summary(list)]))
}

function summary(list: readonly Row[]): OracleWindow {
  const xs = list.map((row) => Number(row.x)).sort((a, b) => a - b)
  const thousandths = xs.reduce((sum, x) => sum + Math.round(x * 1000), 0)
  return {
    rows: list.length,
    sum: thousandths / 1000,
    min: xs[0]!,
    max: xs.at(-1)!,
    p95: xs[Math.floor(0.95 * (xs.length - 1))]!,
    sessions: new Set(list.map((row) => row.session)).size,
  }
}
