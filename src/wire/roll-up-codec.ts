// A record of `rollups`. A roll-up is binary, key = monitor 0x00 group as of panes:
//   u8 'R' · u8 version 1 · u8 tier (1 minute, 2 hour) · varint n · n bytes: JSON of a window
//   · states
// All else is JSON: what is known of a site in one minute (key 0x00 site), and `past`, which says
// how far the minutes of a monitor in a scope have been made (no key).
import type { RolledUpTo, RollUp, SiteMinute } from '../model/roll-up.ts'
import { ByteReader, ByteWriter, utf8 } from '../std/bytes.ts'
import { decodeJson, shape, type Shape } from './json-shape.ts'
import { decodeStates, encodeStates } from './states-codec.ts'
import { decodeWindow, encodeWindow, type WindowFrame } from './window-codec.ts'

const LETTER_R = 0x52
const VERSION = 1
const TIERS = ['minute', 'hour'] as const

/** What a record of `rollups` holds. */
export type RollUpRecord =
  | { readonly kind: 'rollUp'; readonly rollUp: RollUp }
  | { readonly kind: 'coverage'; readonly minute: SiteMinute }
  | { readonly kind: 'past'; readonly past: RolledUpTo }

const writer = new ByteWriter()

/** The value of a roll-up's record; with the frame of its group in half the time. */
export function encodeRollUp({ tier, states, ...window }: RollUp, frame?: WindowFrame): Uint8Array {
  const json = encodeWindow(window, frame)
  writer.u8(LETTER_R)
  writer.u8(VERSION)
  writer.u8(TIERS.indexOf(tier) + 1)
  writer.varint(json.length)
  writer.raw(json)
  writer.raw(encodeStates(states))
  return writer.take()
}

/** The value of a record that tells of a site. */
export const encodeSiteMinute = (minute: SiteMinute): Uint8Array =>
  utf8(JSON.stringify({ v: 1, kind: 'coverage', ...minute }))

/** Key of the records that tell of a site. */
export const siteMinuteKey = (site: string): Uint8Array => utf8(`\0${site}`)

/** The value of a record that says how far minutes have been made. */
export const encodePast = (past: RolledUpTo): Uint8Array =>
  utf8(JSON.stringify({ v: 1, kind: 'past', ...past }))

const isSiteMinute: Shape<SiteMinute & { v: 1; kind: 'coverage' }> = shape.object({
  v: shape.one(1),
  kind: shape.one('coverage'),
  site: shape.text,
  at: shape.integer,
  rev: shape.count,
  expected: shape.count,
  reported: shape.count,
  rows: shape.count,
  late: shape.count,
  rejected: shape.count,
  lagMs: shape.orNull(shape.integer),
})

const isPast: Shape<RolledUpTo & { v: 1; kind: 'past' }> = shape.object({
  v: shape.one(1),
  kind: shape.one('past'),
  monitor: shape.text,
  scope: shape.text,
  to: shape.integer,
  from: shape.optional(shape.integer),
})

type Decoded =
  | { readonly ok: true; readonly record: RollUpRecord }
  | { readonly ok: false; readonly reason: string }

/** Reads a record of `rollups`, or says why it is none. */
export function decodeRollUpRecord(bytes: Uint8Array): Decoded {
  if (bytes[0] === LETTER_R) return readRollUp(bytes)
  const parsed = decodeJson(bytes, shape.any)
  if (!parsed.ok) return parsed
  const { value } = parsed
  if (isSiteMinute(value)) {
    const { v: _, kind, ...minute } = value
    return { ok: true, record: { kind, minute } }
  }
  if (!isPast(value)) return { ok: false, reason: 'shape' }
  const { v: _, kind, ...past } = value
  return { ok: true, record: { kind, past } }
}

function readRollUp(bytes: Uint8Array): Decoded {
  const reader = new ByteReader(bytes, 1)
  if (reader.u8() !== VERSION) return { ok: false, reason: 'version' }
  const tier = TIERS[reader.u8() - 1]
  const json = reader.raw(reader.varint())
  const states = reader.ok ? decodeStates(bytes.subarray(reader.at)) : undefined
  if (tier === undefined || states === undefined) return { ok: false, reason: 'cut' }
  const decoded = decodeWindow(json)
  if (!decoded.ok) return decoded
  const { window } = decoded
  // The store finds a group in the id, by cutting off the end (V4).
  if (!window.id.endsWith(`|${window.end}`)) return { ok: false, reason: 'id' }
  return { ok: true, record: { kind: 'rollUp', rollUp: { ...window, tier, states } } }
}
