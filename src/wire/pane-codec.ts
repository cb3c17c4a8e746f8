import type { AggregateSpec } from '../model/monitor.ts'
import type { ClockRecord, FactRecord, Group, Pane, PaneState, Watermark } from '../model/pane.ts'
import { ByteReader, ByteWriter, utf8 } from '../std/bytes.ts'
import { decodeJson, shape } from './json-shape.ts'
import { readJsonPane } from './json-pane/json-pane.ts'
import { paneFormat, PaneWriter } from './pane-writer.ts'
import { isFact } from './fact-codec.ts'
import { readPaneKey } from './read-pane-key.ts'
import { isClock, readWatermark } from './watermark-codec.ts'

const { letter: LETTER_P } = paneFormat
/** Version 1 did not say when its newest row was appended. */
const VERSION_MIN = 1

/** A record of `panes` as the log holds it; either part may be absent. */
export type PanesBytes = { readonly key?: Uint8Array; readonly value?: Uint8Array }

/** What a record of `panes` holds, or why it cannot be read. */
export type PanesRecord =
  | { readonly kind: 'pane'; readonly pane: Pane }
  | { readonly kind: 'watermark'; readonly watermark: Watermark }
  | { readonly kind: 'clock'; readonly clock: ClockRecord }
  | { readonly kind: 'fact'; readonly fact: FactRecord }
  | { readonly kind: 'rejected'; readonly reason: PanesFault }

/** `key`: no monitor and group in it; `version`: newer than ours; `pane`: cut or malformed. */
export type PanesFault = 'empty' | 'key' | 'version' | 'pane' | 'bytes' | 'json' | 'shape'

/** Finds a monitor's aggregates at a definition: they give a JSON pane's states their kinds. */
export type AggregatesOf = (
  monitor: string,
  definition: string,
) => readonly AggregateSpec[] | undefined

/** Key of a group's panes and windows: monitor 0x00 JSON array of the group's values. */
export const paneKey = (monitor: string, group: Group): Uint8Array =>
  utf8(`${monitor}\0${JSON.stringify(group)}`)

/** Key of a source's watermark record (P6): 0x00 site 0x00 partition. */
export const watermarkKey = (site: string, partition: number): Uint8Array =>
  utf8(`\0${site}\0${partition}`)

// One writer for all panes: `take` copies, so nothing of one record reaches the next.
const writer = new ByteWriter()
const panes = new PaneWriter(writer)

/** The value of a pane's record; its key is `paneKey(monitor, group)`. */
export function encodePane(pane: Pane): Uint8Array {
  const { closed, endless, spread, sampled, inexact, states } = pane
  const flags =
    (closed ? paneFormat.closed : 0) |
    (endless ? paneFormat.endless : 0) |
    (spread ? paneFormat.spread : 0) |
    (sampled ? paneFormat.sampled : 0) |
    (inexact ? paneFormat.inexact : 0)
  panes.frame(pane)
  panes.open({ ...pane, flags, stateCount: states.length })
  for (const state of states) {
    panes.openState(state)
    writer.raw(state.payload)
    panes.closeState()
  }
  return writer.take()
}

/**
 * Reads a binary pane's record; undefined where key or value is none. The payloads of its states
 * are views into the value: copy what outlives it.
 */
export function decodePane(record: PanesBytes): Pane | undefined {
  const { key, value } = record
  if (key === undefined || value === undefined || value[0] !== LETTER_P) return undefined
  const identity = readPaneKey(key)
  if (identity === undefined || !isKnownVersion(value[1])) return undefined
  const reader = new ByteReader(value, 2)
  const flags = reader.u8()
  const definition = reader.u64be().map(hex8).join('')
  const site = reader.text()
  const partition = reader.varint()
  const start = reader.svarint()
  const length = reader.varint()
  const rev = reader.varint()
  const late = reader.varint()
  const eventMax = start + reader.svarint()
  const readAt = start + reader.svarint()
  const appendedMax = value[1] === VERSION_MIN ? readAt : start + reader.svarint()
  const states = readStates(reader)
  const numbers = [partition, start, length, rev, late, eventMax, readAt, appendedMax]
  const whole = reader.ok && reader.at === value.length && flags < paneFormat.flagsEnd
  if (!whole || length === 0 || !numbers.every(Number.isSafeInteger)) return undefined
  return {
    ...identity,
    definition,
    site,
    partition,
    start,
    length,
    rev,
    late,
    closed: (flags & paneFormat.closed) !== 0,
    endless: (flags & paneFormat.endless) !== 0,
    spread: (flags & paneFormat.spread) !== 0,
    sampled: (flags & paneFormat.sampled) !== 0,
    inexact: (flags & paneFormat.inexact) !== 0,
    eventMax,
    readAt,
    appendedMax,
    states,
  }
}

/**
 * Reads any record of `panes`, telling its encodings apart by the first byte. A JSON pane needs
 * `aggregatesOf` to give its named states their kinds, and is rejected as `shape` without.
 */
export function decodePanesRecord(record: PanesBytes, aggregatesOf?: AggregatesOf): PanesRecord {
  const { key, value } = record
  if (value === undefined || value.length === 0) return { kind: 'rejected', reason: 'empty' }
  if (value[0] === LETTER_P) {
    const pane = decodePane(record)
    if (pane !== undefined) return { kind: 'pane', pane }
    const keyed = key !== undefined && readPaneKey(key) !== undefined
    return {
      kind: 'rejected',
      reason: !keyed ? 'key' : isKnownVersion(value[1]) ? 'pane' : 'version',
    }
  }
  const parsed = decodeJson(value, shape.any)
  if (!parsed.ok) return { kind: 'rejected', reason: parsed.reason }
  if (isClock(parsed.value)) return { kind: 'clock', clock: parsed.value }
  if (isFact(parsed.value)) return { kind: 'fact', fact: parsed.value }
  const watermark = readWatermark(parsed.value)
  if (watermark !== undefined) return { kind: 'watermark', watermark }
  const pane = aggregatesOf === undefined ? undefined : readJsonPane(parsed.value, aggregatesOf)
  return pane === undefined ? { kind: 'rejected', reason: 'shape' } : { kind: 'pane', pane }
}

const isKnownVersion = (version: number | undefined): boolean =>
  version !== undefined && version >= VERSION_MIN && version <= paneFormat.version

const hex8 = (part: number): string => part.toString(16).padStart(8, '0')

function readStates(reader: ByteReader): PaneState[] {
  const count = reader.varint()
  const states: PaneState[] = []
  for (let i = 0; i < count && reader.ok; i++) {
    const kind = reader.u8()
    const version = reader.u8()
    states.push({ kind, version, payload: reader.raw(reader.varint()) })
  }
  return states
}
