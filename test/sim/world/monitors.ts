import { rankedValue, sortedValues, sumOf } from '../../rig/oracle-values.ts'
import type { RawRow } from '../../rig/recording-oracle.ts'
import { errorOf, scaledDistinct, scaledSum, stderrOf } from '../../rig/sample-oracle.ts'

/** What a value of a window must be, from its rows alone; it may be off by `share` of it. */
export type Expected = {
  /** Undefined: the window must not have it. */
  readonly value: number | undefined
  readonly share?: number
  /** Its standard error where rows are a sample; undefined: the window must not say one. */
  readonly stderr?: number
}

/** A monitor as it is configured, and again as an oracle that knows nothing of the engine. */
export type SimMonitor = {
  readonly id: string
  /** The item of `monitors` in the configuration, as YAML. */
  readonly text: string
  readonly groupBy: readonly string[]
  readonly sizeMs: number
  /** Divides the size, so that it is the slice too (W4). */
  readonly hopMs: number
  readonly latenessMs: number
  readonly correctionMs: number
  readonly scopes: readonly ('site' | 'all')[]
  readonly takes: (row: RawRow) => boolean
  readonly values: Readonly<Record<string, (rows: readonly RawRow[]) => Expected>>
}

export type WindowTimes = {
  readonly sizeMs: number
  readonly hopMs: number
  readonly latenessMs: number
  readonly correctionMs: number
  readonly emitMs: number
}

const windowText = ({ sizeMs, hopMs, latenessMs, correctionMs, emitMs }: WindowTimes): string =>
  `{ size: ${sizeMs}ms, hop: ${hopMs}ms, lateness: ${latenessMs}ms, ` +
  `correction: ${correctionMs}ms, emit: ${emitMs}ms }`

const exact = (value: number | undefined): Expected => ({ value })
const estimateOf = (rows: readonly RawRow[], xOf: (row: RawRow) => number): Expected => ({
  value: scaledSum(rows, xOf),
  stderr: stderrOf(errorOf(rows, xOf)),
})
const rowsOf = (rows: readonly RawRow[]): Expected => estimateOf(rows, () => 1)
const isError = ({ status }: RawRow): number => (Number(status) >= 500 ? 1 : 0)
/** Errors by requests: a bucket that both are in moves both. */
const errorShareOf = (rows: readonly RawRow[]): Expected => {
  const [errors, requests] = [scaledSum(rows, isError), scaledSum(rows, () => 1)]
  const ofRequests = errorOf(rows, () => 1)
  const moves = errorOf(rows, isError).map(
    (sum, i) => sum / requests - (ofRequests[i]! * errors) / requests ** 2,
  )
  return { value: errors / requests, share: 1e-9, stderr: stderrOf(moves) }
}
const having = (rows: readonly RawRow[], field: string): readonly RawRow[] =>
  rows.filter((row) => typeof row[field] === 'number')
const rttsOf = (rows: readonly RawRow[]): readonly number[] =>
  sortedValues(having(rows, 'rtt_ms'), 'rtt_ms')
const meanOf = (rows: readonly RawRow[], field: string): Expected => ({
  value: rows.length === 0 ? undefined : sumOf(rows, field) / rows.length,
  share: 1e-9,
})
const quantileOf = (sorted: readonly number[], q: number): Expected => ({
  value: sorted.length === 0 ? undefined : rankedValue(sorted, q),
  share: 0.01,
})
const isConnected = ({ conn }: RawRow): boolean => conn !== undefined

/** Every kind of aggregate over the rows of TCP connections; rules that fire early and levels. */
export const tcpMonitor = (times: WindowTimes): SimMonitor => ({
  id: 'tcp',
  ...times,
  groupBy: ['stream'],
  scopes: ['all', 'site'],
  text: `
  - id: tcp
    where: src == "tcp"
    group_by: [stream]
    window: ${windowText(times)}
    aggregates:
      rows: { count: rows }
      retrans: { sum: retrans }
      low: { min: rtt_ms }
      top: { max: rtt_ms }
      mean: { mean: rtt_ms }
      p90: { quantile: rtt_ms, q: 0.9 }
      conns: { distinct: conn }
    rules:
      - alert: RetransHigh
        levels:
          - { severity: warning, when: retrans > 60, clear: retrans < 30 }
          - { severity: critical, when: retrans > 120, clear: retrans < 60 }
        clear_for: 3s
        scope: [site, all]
      - alert: RttHigh
        when: mean > 120
        clear: mean < 60
        for: 3s
        clear_for: 2s
        severity: warning
        scope: all
`,
  takes: (row) => row['src'] === 'tcp',
  values: {
    rows: rowsOf,
    retrans: (rows) => estimateOf(rows, ({ retrans = 0 }) => Number(retrans)),
    low: (rows) => exact(rttsOf(rows)[0]),
    top: (rows) => exact(rttsOf(rows).at(-1)),
    mean: (rows) => meanOf(having(rows, 'rtt_ms'), 'rtt_ms'),
    p90: (rows) => quantileOf(rttsOf(rows), 0.9),
    conns: (rows) => scaledDistinct(rows.filter(isConnected), 'conn'),
  },
})

/** Answers of servers by place, and silence of a stream. */
export const httpMonitor = (times: WindowTimes): SimMonitor => ({
  id: 'http',
  ...times,
  groupBy: ['stream', 'pop'],
  scopes: ['site'],
  text: `
  - id: http
    where: src == "http"
    group_by: [stream, pop]
    window: ${windowText(times)}
    aggregates:
      requests: { count: rows }
      errors: { count: rows, where: status >= 500 }
      bytes: { sum: bytes }
    values:
      error_share: errors / requests
    rules:
      - alert: HttpErrors
        when: error_share > 0.4
        clear: error_share < 0.1
        gate: requests >= 2
        of: { m: 2, n: 4 }
        clear_for: 4s
        severity: critical
      - alert: StreamSilent
        absent_after: 6s
        gate: requests >= 3
        severity: critical
`,
  takes: (row) => row['src'] === 'http',
  values: {
    requests: rowsOf,
    errors: (rows) => estimateOf(rows, isError),
    bytes: (rows) => estimateOf(rows, ({ bytes }) => Number(bytes)),
    error_share: errorShareOf,
  },
})
