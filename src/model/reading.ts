/**
 * What a field means to its readers: X dimension (text) · D delta since the subject's previous row,
 * additive · G gauge at `ts` · E value of one event · I what the row says of itself (a number).
 */
export type FieldKind = 'X' | 'D' | 'G' | 'E' | 'I'

/** One row of the field table; `rank` is its place in canonical order, from 0. */
export type ReadingField = {
  readonly name: string
  readonly kind: FieldKind
  readonly rank: number
}

/**
 * Canonical order, group by group (formats.md 1.1): first what every fold reads of a row, so that a
 * scan for the first measures may stop behind them.
 */
const CANONICAL = [
  ['I', 'v ts'],
  ['X', 'site stream session'],
  ['I', 'p n'],
  ['X', 'collector sampled src'],
  ['E', 'spread'],
  ['I', 'final'],
  ['X', 'cdn pop asn country device rendition object cache proto client conn'],
  ['D', 'retrans segs_out bytes_sent bytes_retrans dsack_dups'],
  ['G', 'rtt_ms min_rtt_ms rtt_ratio cwnd delivery_rate_kbps'],
  ['E', 'slow status bytes ttfb_ms transfer_ms object_ms late origin_ttfb_ms media_kbit top_kbit'],
  ['D', 'play_ms stall_ms stall_net_ms stalls attempts starts ended ebvs vsf vpf'],
  ['E', 'startup_ms'],
  ['G', 'bitrate_kbps top_bitrate_kbps buffer_ms throughput_kbps headroom live_latency_ms'],
  ['D', 'dropped_frames'],
  ['X', 'error error_class'],
  ['E', 'bs_raw'],
  ['D', 'lost_reports'],
  ['E', 'span_ms'],
  ['X', 'ts_from'],
  ['I', 'backlog'],
] as const satisfies readonly (readonly [FieldKind, string])[]

/**
 * Every field that Nocturne knows, in canonical order. A field that is not listed ranks behind all
 * of these.
 */
export const readingFields: readonly ReadingField[] = CANONICAL.flatMap(([kind, names]) =>
  names.split(' ').map((name) => ({ name, kind })),
).map((field, rank) => ({ ...field, rank }))

type Words<Text extends string> = Text extends `${infer Word} ${infer Rest}`
  ? Word | Words<Rest>
  : Text
type NamesOf<Row> = Row extends readonly [infer Kind, infer Names extends string]
  ? { readonly kind: Kind; readonly name: Words<Names> }
  : never
type Listed = NamesOf<(typeof CANONICAL)[number]>

/** The names of known dimensions, whose values are text. */
export type TextFieldName = Extract<Listed, { readonly kind: 'X' }>['name']
/** The names of all other known fields, whose values are numbers. */
export type NumberFieldName = Exclude<Listed, { readonly kind: 'X' }>['name']

/** What a field may hold once it was checked; never null, never empty text. */
export type Scalar = string | number | boolean

/**
 * One measurement of one session at one moment (formats.md 1): known fields and unknown top-level
 * scalars. Absent is unknown, never 0. Only the function that makes a reading writes into it.
 */
export type Reading = { ts: number; stream: string } & { [Name in NumberFieldName]?: number } & {
  [Name in TextFieldName]?: string
} & { [name: string]: Scalar | undefined }

/** Why a whole row is refused (formats.md 1.3). */
export type RejectReason =
  'bytes' | 'json' | 'shape' | 'ts' | 'ts_unit' | 'ts_range' | 'stream' | 'p'

/** Why one field of a row that stays became absent (formats.md 1.3). */
export type FaultKind = 'type' | 'negative' | 'range' | 'long' | 'control'
/** A fault and the field that had it, as it is counted and recorded. */
export type FieldFault = `${FaultKind}:${string}`

/** The limits that rows are held to (formats.md 1.3); instants are epoch ms, both included. */
export const readingLimits = {
  rowBytesMax: 16_384,
  textBytesMax: 128,
  numberMax: Number.MAX_SAFE_INTEGER + 1,
  rateMin: 1e-6,
  tsUnitMin: 1e11,
  tsUnitMax: 1e14,
  /** 2000-01-01T00:00:00.000Z and 2099-12-31T23:59:59.999Z. */
  tsMin: 946_684_800_000,
  tsMax: 4_102_444_799_999,
} as const
