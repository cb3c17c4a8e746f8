/**
 * The text of iproute2's `ss -tinHO` and its relatives (formats.md 3.4).
 *
 *     text   = { header | socket [ info ] }
 *     socket = [ 'tcp' ] [ state ] recv-q send-q local peer { item }   begins without blank
 *     info   = blank { item }                                          older form, without -O
 *     item   = key ':' value | pair-key ' ' value | flag | '<->'
 *     local, peer = address [ '%' zone ] ':' port                `[…]` around IPv6, `*` for any
 *
 * A value in brackets may hold blanks inside quotes: `users:(("my server",pid=7,fd=3))`. A filter
 * on one single state leaves the state column out. Liberal: what cannot be read is dropped and
 * counted, the rest of its line is kept.
 */

/** One end of a connection; IPv4 mapped into IPv6 reads as IPv4, a zone is cut off. */
export type SsEndpoint = {
  readonly address: string
  /** Absent for `*`. */
  readonly port: number | undefined
}

/** What the kernel tells of one connection; absent is unknown. Rates in kbit/s, times in ms. */
export type SsCounters = {
  /** Segments retransmitted so far. */
  readonly retrans: number | undefined
  /** Data segments sent so far, retransmissions included. */
  readonly segsOut: number | undefined
  readonly bytesSent: number | undefined
  readonly bytesRetrans: number | undefined
  readonly dsackDups: number | undefined
  readonly rttMs: number | undefined
  readonly minRttMs: number | undefined
  readonly cwnd: number | undefined
  readonly deliveryRateKbps: number | undefined
  /** The sender had nothing to send, so the delivery rate says nothing of the path. */
  readonly isAppLimited: boolean
}

/** One row of `ss`. */
export type SsSocket = {
  /** As printed (`ESTAB`, `LISTEN`, `TIME-WAIT`); absent where a filter left the column out. */
  readonly state: string | undefined
  readonly local: SsEndpoint
  readonly peer: SsEndpoint
  /** The kernel's cookie of the socket, unique until reboot; only with `-e`. */
  readonly sk: string | undefined
  /** Absent for sockets that carry no data, such as LISTEN and TIME-WAIT. */
  readonly counters: SsCounters | undefined
}

/** All sockets of one dump, and how many lines and values could not be read. */
export type SsDump = {
  readonly sockets: readonly SsSocket[]
  readonly badLineCount: number
  readonly badValueCount: number
}

const PAIR_KEYS = new Set(['send', 'pacing_rate', 'max_pacing_rate', 'delivery_rate'])
const RATE = /^(\d+(?:\.\d+)?)([KMG]?)bps$/
const RATE_SCALE: Readonly<Record<string, number>> = { '': 1e-3, K: 1, M: 1e3, G: 1e6 }
const HEADER = /^(?:Netid\s+)?(?:State\s+)?Recv-Q\s/
const DECIMAL = /^\d+(?:\.\d+)?$/

/** Reads a whole dump; never fails. */
export function parseSs(text: string): SsDump {
  const sockets: SsSocket[] = []
  const bad = { lines: 0, values: 0 }
  for (const line of socketLines(text)) {
    const socket = parseSocket(line, bad)
    if (socket === undefined) bad.lines++
    else sockets.push(socket)
  }
  return { sockets, badLineCount: bad.lines, badValueCount: bad.values }
}

/** One line a socket: the older form's info line is put behind the line it belongs to. */
function* socketLines(text: string): Generator<string> {
  let open: string | undefined
  for (const line of text.split('\n')) {
    if (line.trim() === '' || HEADER.test(line)) continue
    const isInfo = line.startsWith(' ') || line.startsWith('\t')
    if (isInfo && open !== undefined) {
      open += line
      continue
    }
    if (open !== undefined) yield open
    open = line
  }
  if (open !== undefined) yield open
}

function parseSocket(line: string, bad: { values: number }): SsSocket | undefined {
  const items = splitItems(line)
  let at = items[0] === 'tcp' ? 1 : 0
  const state = DECIMAL.test(items[at] ?? '') ? undefined : items[at++]
  if (!DECIMAL.test(items[at] ?? '') || !DECIMAL.test(items[at + 1] ?? '')) return undefined
  const local = parseEndpoint(items[at + 2] ?? '')
  const peer = parseEndpoint(items[at + 3] ?? '')
  if (local === undefined || peer === undefined) return undefined
  const values = keyedValues(items.slice(at + 4))
  return { state, local, peer, sk: values.get('sk'), counters: countersOf(values, bad) }
}

/** Splits at blanks outside brackets and quotes; where those do not match, at every blank. */
function splitItems(line: string): readonly string[] {
  if (!line.includes('"')) return line.trim().split(/\s+/)
  const items: string[] = []
  let depth = 0
  let isQuoted = false
  let start = -1
  for (let i = 0; i <= line.length; i++) {
    const char = line[i] ?? '\n'
    const isBlank = char === ' ' || char === '\t' || char === '\n' || char === '\r'
    if (isBlank && depth === 0 && !isQuoted) {
      if (start >= 0) items.push(line.slice(start, i))
      start = -1
      continue
    }
    if (start < 0) start = i
    if (char === '"') isQuoted = !isQuoted
    else if (!isQuoted) depth += char === '(' ? 1 : char === ')' ? -1 : 0
  }
  return start >= 0 ? line.trim().split(/\s+/) : items
}

/** `10.0.0.1:443`, `[::1]:443`, `[::ffff:10.0.0.1]:80`, `10.0.0.1%eth0:80`, `*:*`. */
function parseEndpoint(text: string): SsEndpoint | undefined {
  const colon = text.lastIndexOf(':')
  if (colon <= 0) return undefined
  const portText = text.slice(colon + 1)
  const port = portText === '*' ? undefined : Number(portText)
  if (port !== undefined && !(/^\d+$/.test(portText) && port <= 65_535)) return undefined
  const bare = text
    .slice(0, colon)
    .replace(/%[^\]]*/, '')
    .replace(/^\[(.*)\]$/, '$1')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)
  return { address: mapped?.[1] ?? bare, port }
}

/** Values by key; a flag is its own key with an empty value. */
function keyedValues(items: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (let i = 0; i < items.length; i++) {
    const item = items[i] ?? ''
    const colon = item.indexOf(':')
    if (colon > 0) values.set(item.slice(0, colon), item.slice(colon + 1))
    else if (PAIR_KEYS.has(item)) values.set(item, items[++i] ?? '')
    else values.set(item, '')
  }
  return values
}

function countersOf(
  values: ReadonlyMap<string, string>,
  bad: { values: number },
): SsCounters | undefined {
  const text = (key: string, part: 0 | 1 = 0) => values.get(key)?.split('/')[part]
  const number = (found: string | undefined): number | undefined => {
    if (found === undefined) return undefined
    if (DECIMAL.test(found)) return Number(found)
    bad.values++
    return undefined
  }
  // The kernel counts segments from the handshake on, so a row without them has no counters.
  if (!values.has('segs_out') && !values.has('rtt')) return undefined
  const segsOut = number(text('data_segs_out'))
  const bytesSent = number(text('bytes_sent'))
  // `ss` leaves zeros out. Both missing: nothing was sent. One missing: a kernel without it.
  const isUnsent = !values.has('data_segs_out') && !values.has('bytes_sent')
  const orZero = (key: string, part: 0 | 1 = 0) =>
    values.has(key) ? number(text(key, part) ?? '') : 0
  const rate = values.get('delivery_rate')
  const rateParts = rate === undefined ? null : RATE.exec(rate)
  if (rate !== undefined && rateParts === null) bad.values++
  return {
    retrans: orZero('retrans', 1),
    segsOut: isUnsent ? 0 : segsOut,
    bytesSent: isUnsent ? 0 : bytesSent,
    bytesRetrans: orZero('bytes_retrans'),
    dsackDups: orZero('dsack_dups'),
    rttMs: number(text('rtt')),
    minRttMs: number(text('minrtt')),
    cwnd: number(text('cwnd')),
    deliveryRateKbps: rateParts === null ? undefined : rateKbps(rateParts),
    isAppLimited: values.has('app_limited'),
  }
}

const rateKbps = (parts: RegExpExecArray): number =>
  Number(parts[1]) * (RATE_SCALE[parts[2] ?? ''] ?? 1e-3)
