import { readingFields } from '../../src/model/reading.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What a value of a member mostly is. */
export type ValueKind = 'ts' | 'stream' | 'p' | 'number' | 'text'
export type Member = { readonly name: Uint8Array; readonly kind: ValueKind }

const named = ({ name, isText }: { readonly name: string; readonly isText: boolean }): Member => ({
  name: utf8(`"${name}"`),
  kind: name === 'ts' || name === 'stream' || name === 'p' ? name : isText ? 'text' : 'number',
})

/** Of `x0` to `x69`, which only the widest plan wants, every odd one is text. */
const isTextName = (name: string): boolean =>
  /^x\d*[13579]$/.test(name) || ['site', 'région', 'codec', 'session', 'collector'].includes(name)

/** Wanted by one of the plans or by none, and near misses. */
const NAMES = [
  ...['retrans', 'rtt_ms', 'p', 'site', 'spread', 'queue_depth', 'région', 'x0', 'x31', 'x32'],
  ...['retrans', 'rtt_ms', 'p', 'site', 'spread', 'queue_depth', 'région', 'x40', 'x69', 'v'],
  ...['rtt_var', 'seq', 'codec', 'cwnd', 'session', 'collector', 'n', 'late', 'stall_ms', 'x1'],
  ...['rtt_m', 'rtt_mss', 'Rtt_ms', 'retranz', 'etrans', 'x', 'x70', 'x3', '日本', 'a b', 'ts'],
].map((name) => named({ name, isText: isTextName(name) }))

/** Spellings that only a parser tells apart, and what is no key. */
const ODD_NAMES = [
  ...['', '__proto__', 'constructor', 'a\\tb', 'r\\u0074t_ms', '\\u0070', 'q"', 'e\u0301', 'p\\'],
  ...['delivery_rate_kbps_of_the_last_interval', 'retrans ', ' p', 'p\u0000', 'p\u007f', 'stream'],
].map((name) => named({ name, isText: false }))

/** Values that a grammar may get wrong. */
const ODD_VALUES = [
  ...['0', '-0', '0.0', '-0.0', '-0.000', '1', '12', '7.289', '-7.289', '0.1', '0.0001', '-1', '-'],
  ...['1e3', '1E-2', '1e+2', '1e', '0.5e', '1e999', '01', '00', '-01', '1.', '.5', '+1', '1.2.3'],
  ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993'],
  ...['123456789', '1234567890', '123456789012345', '1234567890123456', '999999999999999'],
  ...['99999999999999.9', '9999999999999.99', '0.123456789', '0.1234567891', '1.000000000'],
  ...['4503599627370497.5', '0.30000000000000004', '123456.789012345', '100000000000000000000'],
  ...['null', 'true', 'false', 'nul', 'nulll', 'NaN', 'Infinity', 'undefined', 'True', 'n', 't'],
  ...['{}', '[]', '[1]', '{"ts":1}', '[', '{', '""', '"a"', '"a b"', '"é"', '"日本語"', '"𝄞"'],
  ...['"\\n"', '"\\u00e9"', '"\\x"', '"a\u0001"', '"', '"\\', '"\\"', '"\\"q\\\\"', '"\\ud800"'],
  ...['"}"', '",\\"p\\":1"', '"\u007f"', '"\u0080"', '"\u2028"', '"\ufeff"', '"/\\/"', "'a'", '`'],
  ...[`"${'y'.repeat(127)}"`, `"${'y'.repeat(128)}"`, `"${'y'.repeat(129)}"`, '1 2', '1,', '"a":1'],
  `"${'é'.repeat(64)}"`,
  `"${'é'.repeat(65)}"`,
  `"${'z'.repeat(300)}"`,
]
  .map(utf8)
  .concat(
    // A string of bytes that are no UTF-8: overlong, surrogate, beyond, cut, alone.
    [[0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80]].map(
      (bytes) => Uint8Array.from([0x22, ...bytes, 0x22]),
    ),
    [[0xc3], [0xe2, 0x82], [0xf0, 0x90, 0x80], [0xff], [0xfe]].map((bytes) =>
      Uint8Array.from([0x22, ...bytes, 0x22]),
    ),
  )

const PLAIN = ['"ams1"', '"a"', '"media-7"', '"日本"', '"x y"', '""', '"s.9k2f0a"'].map(utf8)
const STREAMS = ['"arena-1"', '"ch0757"', '"日本"', '"-"'].map(utf8)
const ODD_STREAMS = ['""', '7', 'null', '"\\u0061"', '"a\\nb"'].map(utf8)
const ODD_TIMES = [
  '1795383157516.0',
  '946684800000',
  '946684799999',
  '4102444799999',
  '4102444800000',
]
  .concat(['1795383157', '1795383157516e0', '"1795383157516"', '1795383157516.5', '-1795383157516'])
  .map(utf8)
const RATES = ['0.1', '1', '0.05', '0.000001', '0.0000001', '1.5', '0', '-0.1', 'null'].map(utf8)
const TIME_HEAD = utf8('1795383')
/** What a value of a kind usually is. */
const TEXTS: Readonly<Partial<Record<ValueKind, readonly Uint8Array[]>>> = {
  stream: STREAMS,
  text: PLAIN,
  p: RATES,
}
const BLANKS = [' ', '\t', '\r\n', '  ', '          ', '\u00a0', '\v', '\n\t \r'].map(utf8)
/** Known fields in canonical order, but for the first. */
const KNOWN = readingFields.slice(1).map(({ name, kind }) => named({ name, isText: kind === 'X' }))
/** What a collector writes behind them. */
const UNKNOWN = ['rtt_var', 'codec', 'seq', 'queue_depth', 'x0', 'x31', 'x69'].map((name) =>
  named({ name, isText: isTextName(name) }),
)
/** What every row needs. */
const NEEDED = KNOWN.filter(({ kind }) => kind === 'ts' || kind === 'stream')
const PROMISE = utf8('{"v":1')

/** Of what rows are made: bytes as they stand in them. */
export const rowParts = {
  names: NAMES,
  oddNames: ODD_NAMES,
  oddValues: ODD_VALUES,
  oddStreams: ODD_STREAMS,
  oddTimes: ODD_TIMES,
  timeHead: TIME_HEAD,
  texts: TEXTS,
  blanks: BLANKS,
  known: KNOWN,
  unknown: UNKNOWN,
  needed: NEEDED,
  promise: PROMISE,
} as const
