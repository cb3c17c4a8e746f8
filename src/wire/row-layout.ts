// What the rows of one writer have in common: the bytes between their values. A row whose bytes
// there equal those of a row that was parsed before needs no parser for its keys.
import type { FieldKind } from '../model/reading.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import { isUnsigned } from './fields/field-plan.ts'
import { JsonCursor } from './fields/json-cursor.ts'
import { layoutOf } from './reading-layout.ts'
import { fieldByName } from './reading-rules.ts'

/** How the value of one member is held to formats.md 1.3. */
export const valueRule = { text: 0, unsigned: 1, signed: 2, ts: 3, p: 4, v: 5, free: 6 } as const

/** One place in a written row: a label, then the value of a member or what the collector adds. */
export type RowItem = { readonly label: Uint8Array; readonly member: number }

/** Stands for a member in `RowItem`: what the collector itself writes. */
export const addedItem = { n: -1, collector: -2 } as const

/** The shape of rows; `prefixes` are laid end to end. */
export type RowLayout = {
  readonly memberCount: number
  /**
   * Bytes before value i are `prefixes[prefixEnds[i − 1] … prefixEnds[i])`; those behind the last
   * value follow as one more.
   */
  readonly prefixes: Uint8Array
  readonly prefixEnds: Int32Array
  /** By member, one of `valueRule`. */
  readonly rules: Uint8Array
  /** Members as they are written, in canonical order, `n` and `collector` among them. */
  readonly items: readonly RowItem[]
  readonly stream: number
  /** −1 where rows name none. */
  readonly site: number
}

const MEMBERS_MAX = 64
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d

type Tokens = { readonly names: string[]; readonly valueStarts: number[]; readonly ends: number[] }

/**
 * The layout of a row that was parsed and accepted; undefined where rows like it must be parsed:
 * nested values, escaped, repeated or numeric keys, and keys from which something is derived.
 */
export function rowLayoutOf(bytes: Uint8Array): RowLayout | undefined {
  const tokens = tokensOf(bytes)
  if (tokens === undefined || !isPlain(tokens.names)) return undefined
  const { names, valueStarts, ends } = tokens
  const parts: Uint8Array[] = names.map((_, i) => bytes.subarray(ends[i - 1] ?? 0, valueStarts[i]))
  parts.push(bytes.subarray(ends.at(-1), bytes.length))
  const prefixes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  const prefixEnds = new Int32Array(parts.length)
  let end = 0
  for (const [i, part] of parts.entries()) {
    prefixes.set(part, end)
    prefixEnds[i] = end += part.length
  }
  return {
    memberCount: names.length,
    prefixes,
    prefixEnds,
    rules: Uint8Array.from(names, (name) => ruleOf(name, fieldByName.get(name)?.kind)),
    items: itemsOf(names),
    stream: names.indexOf('stream'),
    site: names.indexOf('site'),
  }
}

function itemsOf(names: readonly string[]): readonly RowItem[] {
  const { order } = layoutOf([...names, 'n', 'collector'])
  return order.map(({ index, label }) => {
    const { n, collector } = addedItem
    const member = index < names.length ? index : index === names.length ? n : collector
    return { label: utf8(label), member }
  })
}

function ruleOf(name: string, kind: FieldKind | undefined): number {
  if (name === 'ts' || name === 'p' || name === 'v') return valueRule[name]
  if (kind === undefined) return valueRule.free
  if (kind === 'X') return valueRule.text
  return isUnsigned(kind) ? valueRule.unsigned : valueRule.signed
}

/** Whether rows with these keys are written as they were read: nothing added, derived or moved. */
function isPlain(names: readonly string[]): boolean {
  const there = new Set(names)
  if (there.size !== names.length || names.length > MEMBERS_MAX) return false
  if (!there.has('ts') || !there.has('stream')) return false
  if (names.some((name) => RESERVED.has(name) || /^\d+$/.test(name))) return false
  const isRatioDerived = there.has('rtt_ms') && there.has('min_rtt_ms') && !there.has('rtt_ratio')
  const isHeadroomDerived =
    there.has('throughput_kbps') && there.has('bitrate_kbps') && !there.has('headroom')
  return !isRatioDerived && !isHeadroomDerived && !there.has('object_ms')
}

/** Keys that the collector sets or takes away, that only it writes, or that objects treat apart. */
const RESERVED: ReadonlySet<string> = new Set(['n', 'collector', 'backlog', 'final', '__proto__'])

function tokensOf(bytes: Uint8Array): Tokens | undefined {
  const cursor = new JsonCursor(bytes)
  cursor.end = bytes.length
  const tokens: Tokens = { names: [], valueStarts: [], ends: [] }
  let at = cursor.blanks(0)
  if (bytes[at] !== OPEN) return undefined
  do {
    const key = cursor.blanks(at + 1)
    const close = bytes[key] === QUOTE ? cursor.textEnd(key + 1, false) : -1
    if (close < 0) return undefined
    const colon = cursor.blanks(close + 1)
    if (bytes[colon] !== COLON) return undefined
    const start = cursor.blanks(colon + 1)
    const end = cursor.valueEnd(start)
    if (end < 0) return undefined
    tokens.names.push(utf8Text(bytes.subarray(key + 1, close)))
    tokens.valueStarts.push(start)
    tokens.ends.push(end)
    at = cursor.blanks(end)
  } while (bytes[at] === COMMA)
  return bytes[at] === CLOSE && cursor.blanks(at + 1) === bytes.length ? tokens : undefined
}
