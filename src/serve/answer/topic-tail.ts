import type { Log } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { decodePanesRecord } from '../../wire/pane-codec.ts'
import { columnBytes } from '../view/record-bytes.ts'

export type TopicTailQuery = {
  readonly topic: string
  readonly partition: number
  /** An offset, or how many records before the end. */
  readonly from: 'earliest' | 'latest' | { readonly offset: number } | { readonly last: number }
  readonly limit: number
  /** Waits for more at the end; otherwise it stops there. */
  readonly isFollowing: boolean
}

const BATCH_BYTES_MAX = 262_144
const BINARY_PANE = 0x50

const lossy = new TextDecoder()

/** A record's value as a person reads it: JSON as it lies there, a binary pane decoded. */
function readable(key: Uint8Array | undefined, value: Uint8Array): unknown {
  if (value[0] === BINARY_PANE) {
    const decoded = decodePanesRecord(key === undefined ? { value } : { key, value })
    if (decoded.kind !== 'pane') return { rejected: decoded.kind }
    const { states, ...pane } = decoded.pane
    return { ...pane, states: states.map(({ kind, payload }) => ({ kind, bytes: payload.length })) }
  }
  const text = lossy.decode(value)
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

/**
 * Records of one partition as NDJSON lines `{"offset","at","key","value"}`, a batch at a time, up
 * to the query's limit or the signal. @throws LOG_TOPIC_UNKNOWN, LOG_OFFSET_OUT_OF_RANGE,
 * SERVE_QUERY_INVALID for a partition that the topic does not have.
 */
export async function* tailTopic(
  log: Log,
  query: TopicTailQuery,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const span = (await log.ends(query.topic))[query.partition]
  if (span === undefined) throw new NocturneError('SERVE_QUERY_INVALID', 'no such partition')
  const offset = firstOffset(query.from, span)
  if (!query.isFollowing && offset >= span.end) return
  const stop = new AbortController()
  const until = AbortSignal.any([signal, stop.signal])
  const spec = {
    topics: [query.topic],
    start: 'earliest' as const,
    sessionMs: 30_000,
    rebalanceMs: 30_000,
  }
  // Nothing, but it sends the answer's head: a topic may stay silent for longer than clients wait.
  if (query.isFollowing) yield ''
  let left = query.limit
  for await (const claim of log.claims(spec, until)) {
    if (claim.partition !== query.partition) continue
    const position = { offset, note: '' }
    for await (const batch of log.read(claim, { position, bytesMax: BATCH_BYTES_MAX })) {
      let lines = ''
      for (let row = 0; row < batch.count && left > 0; row++, left--) {
        const key = columnBytes(batch.keys, row)
        const value = columnBytes(batch.values, row)
        lines += `${JSON.stringify({
          offset: batch.offsets[row],
          at: batch.times[row],
          key: key === undefined ? null : lossy.decode(key).replaceAll('\0', ' '),
          value: value === undefined ? null : readable(key, value),
        })}\n`
      }
      if (lines !== '') yield lines
      if (left === 0 || (!query.isFollowing && batch.next >= span.end)) stop.abort()
    }
    stop.abort()
  }
}

function firstOffset(
  from: TopicTailQuery['from'],
  span: { readonly start: number; readonly end: number },
): number {
  if (from === 'earliest') return span.start
  if (from === 'latest') return span.end
  if ('offset' in from) return from.offset
  return Math.max(span.start, span.end - from.last)
}
