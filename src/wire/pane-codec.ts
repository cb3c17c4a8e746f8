// A binary pane (formats.md 2), varints LEB128, signed ones zigzag, str = varint length + UTF-8:
//   u8 'P' · u8 version 1 · u8 flags (1 closed, 2 spread, 4 sampled, 8 inexact sum)
//   u64be definition · str site · varint partition
//   svarint start · varint length · varint rev · varint late
//   svarint event_max − start · svarint read_at − start
//   varint n · n × ( u8 kind · u8 kind version · varint bytes · payload )
// Monitor and group stand in the record's key alone: monitor 0x00 group as a JSON array.
import type { AggregateSpec } from '../model/monitor.ts'
import type { ClockRecord, Group, Pane, PaneState, Watermark } from '../model/pane.ts'
import { ByteReader, ByteWriter, utf8 } from '../std/bytes.ts'
import { decodeJson, shape } from './json-shape.ts'
import { readJsonPane } from './json-pane.ts'
import { readPaneKey } from './read-pane-key.ts'
import { isClock, readWatermark } from './watermark-codec.ts'

const LETTER_P = 0x50
const VERSION = 1
const CLOSED = 1
const SPREAD = 2
const SAMPLED = 4
const INEXACT = 8

/** A record of `panes` as the log holds it; either part may be absent. */
export type PanesBytes = { readonly key?: Uint8Array; readonly value?: Uint8Array }

/** What a record of `panes` holds, or why it cannot be read. */
export type PanesRecord =
  | { readonly kind: 'pane'; readonly pane: Pane }
  | { readonly kind: 'watermark'; readonly watermark: Watermark }
  | { readonly kind: 'clock'; readonly clock: ClockRecord }
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

/** The value of a pane's record; its key is `paneKey(monitor, group)`. */
export function encodePane(pane: Pane): Uint8Array {
  writer.u8(LETTER_P)
  writer.u8(VERSION)
  writer.u8(
    (pane.closed ? CLOSED : 0) |
      (pane.spread ? SPREAD : 0) |
      (pane.sampled ? SAMPLED : 0) |
      (pane.inexact ? INEXACT : 0),
  )
  writer.u64be(parseInt(pane.definition.slice(0, 8), 16), parseInt(pane.definition.slice(8), 16))
  writer.text(pane.site)
  writer.varint(pane.partition)
  writer.svarint(pane.start)
  writer.varint(pane.length)
  writer.varint(pane.rev)
  writer.varint(pane.late)
  writer.svarint(pane.eventMax - pane.start)
  writer.svarint(pane.readAt - pane.start)
  writer.varint(pane.states.length)
  for (const state of pane.states) {
    writer.u8(state.kind)
    writer.u8(state.version)
    writer.varint(state.payload.length)
    writer.raw(state.payload)
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
  if (identity === undefined || value[1] !== VERSION) return undefined
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
  const states = readStates(reader)
  const numbers = [partition, start, length, rev, late, eventMax, readAt]
  const whole = reader.ok && reader.at === value.length && flags < 16
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
    closed: (flags & CLOSED) !== 0,
    spread: (flags & SPREAD) !== 0,
    sampled: (flags & SAMPLED) !== 0,
    inexact: (flags & INEXACT) !== 0,
    eventMax,
    readAt,
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
    return { kind: 'rejected', reason: !keyed ? 'key' : value[1] === VERSION ? 'pane' : 'version' }
  }
  const parsed = decodeJson(value, shape.any)
  if (!parsed.ok) return { kind: 'rejected', reason: parsed.reason }
  if (isClock(parsed.value)) return { kind: 'clock', clock: parsed.value }
  const watermark = readWatermark(parsed.value)
  if (watermark !== undefined) return { kind: 'watermark', watermark }
  const pane = aggregatesOf === undefined ? undefined : readJsonPane(parsed.value, aggregatesOf)
  return pane === undefined ? { kind: 'rejected', reason: 'shape' } : { kind: 'pane', pane }
}

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
