import { utf8 } from '../../src/std/bytes.ts'
import { workloadLines } from '../workload.ts'

/** A row as it is produced: keyed by its stream. */
export type ClientRow = { readonly key: Uint8Array; readonly value: Uint8Array }

/** So many rows differ; then they come again, since making them is not what is measured. */
const DISTINCT = 50_000

/** Rows of about 300 bytes, or of 200: those lack the fields from the bit rate on. */
export function clientRows(bytes: 200 | 300): readonly ClientRow[] {
  const rows: ClientRow[] = []
  for (const line of workloadLines({ seconds: 5, rowsPerSecond: DISTINCT / 5, seed: 1 })) {
    const whole = line.trimEnd()
    const cut = whole.slice(0, whole.indexOf(',"buffer_ms"'))
    const stream = /"stream":"(\w+)"/.exec(line)?.[1] ?? ''
    rows.push({ key: utf8(stream), value: utf8(bytes === 300 ? whole : `${cut}}`) })
  }
  return rows
}

/** What a consumer must have seen of rows that were produced so. */
export type Seen = { rows: number; bytes: number; retrans: number; rttMax: number }

/** The sums over the first `count` rows as they are produced. */
export function expectedSeen(rows: readonly ClientRow[], count: number): Seen {
  const seen: Seen = { rows: 0, bytes: 0, retrans: 0, rttMax: 0 }
  const decoder = new TextDecoder()
  const parsed = rows.map(({ value }) => JSON.parse(decoder.decode(value)) as OttFields)
  for (let i = 0; i < count; i++) {
    const { retrans, rtt_ms } = parsed[i % rows.length]!
    seen.rows++
    seen.bytes += rows[i % rows.length]!.value.length
    seen.retrans += retrans
    seen.rttMax = Math.max(seen.rttMax, rtt_ms)
  }
  return seen
}

/** Four fields of a row. */
export type OttFields = {
  readonly ts: number
  readonly stream: string
  readonly retrans: number
  readonly rtt_ms: number
}
