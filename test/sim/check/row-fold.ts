import type { RawRow } from '../../rig/recording-oracle.ts'
import type { SimMonitor } from '../world/monitors.ts'

/** What the fold needs to know of the world. */
export type FoldFacts = {
  readonly monitors: readonly SimMonitor[]
  /** The site of rows that name none. */
  readonly home: string
  readonly skewMs: number
}

/** A record of `readings` as the log holds it. */
export type ReadingRecord = {
  readonly offset: number
  readonly time: number
  readonly value: Uint8Array | undefined
}

/** A row of the log with the site whose it is, and when it was appended. */
export type FoldedRow = RawRow & { readonly site: string; readonly appendedAt: number }

/** A row that came behind every correction, and the monitors that would have taken it. */
export type LateRow = { readonly offset: number; readonly monitors: readonly string[] }

const ROW_BYTES_MAX = 16_384
const TS_BOUNDS = [946_684_800_000, 4_102_444_800_000] as const

/**
 * One partition of `readings` judged by the rules alone, one row after the other with nothing but
 * plain objects: which rows count, in which slice (W3–W9), and which are repeats (D7).
 */
export class RowFold {
  readonly #facts: FoldFacts
  readonly #watermarks = new Map<string, number>()
  readonly #lastNumbers = new Map<string, number>()
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  /** By monitor: the rows that count. */
  readonly rowsByMonitor = new Map<string, FoldedRow[]>()
  /** By monitor, site, group and start of the slice: how many rows it has. */
  readonly rowsBySlice = new Map<string, number>()
  readonly late: LateRow[] = []
  readonly refused: number[] = []
  repeatCount = 0
  /** Rows that moved no watermark (W9). */
  skewedCount = 0
  /** Rows that are no heartbeats, each once. */
  readonly counted: FoldedRow[] = []

  constructor(facts: FoldFacts) {
    this.#facts = facts
    for (const { id } of facts.monitors) this.rowsByMonitor.set(id, [])
  }

  watermarkOf(site: string): number {
    return this.#watermarks.get(site) ?? -Infinity
  }

  /** Takes the next record; answers the keys of the slices that it went into. */
  add(record: ReadingRecord): readonly string[] {
    const row = this.#rowOf(record)
    if (row === undefined) {
      this.refused.push(record.offset)
      return []
    }
    if (this.#isRepeat(row)) {
      this.repeatCount++
      return []
    }
    if (row.ts > record.time + this.#facts.skewMs) this.skewedCount++
    else this.#watermarks.set(row.site, Math.max(row.ts, this.watermarkOf(row.site)))
    if (row['src'] === 'beat') return []
    this.counted.push(row)
    return this.#fold(row, record.offset)
  }

  #fold(row: FoldedRow, offset: number): readonly string[] {
    const keys: string[] = []
    const late: string[] = []
    for (const monitor of this.#facts.monitors) {
      if (!monitor.takes(row)) continue
      const start = row.ts - (row.ts % monitor.hopMs)
      const horizon = start + monitor.hopMs + monitor.latenessMs + monitor.correctionMs
      if (this.watermarkOf(row.site) >= horizon) {
        late.push(monitor.id)
        continue
      }
      this.rowsByMonitor.get(monitor.id)!.push(row)
      const key = sliceKey(monitor.id, { site: row.site, group: groupOf(monitor, row), start })
      this.rowsBySlice.set(key, (this.rowsBySlice.get(key) ?? 0) + 1)
      keys.push(key)
    }
    if (late.length > 0) this.late.push({ offset, monitors: late })
    return keys
  }

  #rowOf({ value, time }: ReadingRecord): FoldedRow | undefined {
    if (value !== undefined && value.length > ROW_BYTES_MAX) return undefined
    const row = parsed(this.#decoder, value)
    if (row === undefined) return undefined
    const { ts, stream, site, p = 1 } = row
    const isRate = typeof p !== 'number' || (p >= 1e-6 && p <= 1)
    const isRow =
      isRate &&
      Number.isInteger(ts) &&
      Number(ts) >= TS_BOUNDS[0] &&
      Number(ts) < TS_BOUNDS[1] &&
      typeof stream === 'string' &&
      stream !== '' &&
      // A field with a control byte is as if it were absent (F3).
      !stream.includes('\0')
    if (!isRow) return undefined
    const source = typeof site === 'string' ? site : this.#facts.home
    return { ...row, ts: Number(ts), site: source, appendedAt: time }
  }

  #isRepeat({ collector, n }: FoldedRow): boolean {
    if (typeof collector !== 'string' || typeof n !== 'number') return false
    if (n <= (this.#lastNumbers.get(collector) ?? -1)) return true
    this.#lastNumbers.set(collector, n)
    return false
  }
}

/** Names a slice of one group of one monitor, within one partition of `readings`. */
export const sliceKey = (
  monitor: string,
  at: { readonly site: string; readonly group: string; readonly start: number },
): string => `${monitor}|${at.site}|${at.group}|${at.start}`

/** A group's values as `group_by` lists them, as JSON; null where the row has none. */
export const groupOf = ({ groupBy }: SimMonitor, row: RawRow): string =>
  JSON.stringify(groupBy.map((name) => row[name] ?? null))

function parsed(
  decoder: TextDecoder,
  value: Uint8Array | undefined,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const row: unknown = JSON.parse(decoder.decode(value))
    const isObject = typeof row === 'object' && row !== null && !Array.isArray(row)
    return isObject ? (row as Readonly<Record<string, unknown>>) : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}
