import { assert } from '../../std/assert.ts'
import { ByteWriter } from '../../std/bytes.ts'
import { messages, type MessageName, type MessageOf } from './messages.ts'

/** Relations nest by a few levels; an answer that nests deeper is none of Spark's. */
const DEPTH_MAX = 64
const VARINT = 0
const FIXED64 = 1
const SIZED = 2
const FIXED32 = 5

type Table = Readonly<Record<string, readonly [number: number, type: string]>>

const tables = new Map<string, Table>(Object.entries(messages))

function tableOf(name: string): Table {
  const table = tables.get(name)
  assert(table !== undefined, 'every message that a field names is in the table')
  return table
}

/**
 * The bytes of a message: fields as the table has them, one that is there is written even where it
 * is empty, zero or false, since it may be the one of a oneof.
 */
export function encodeMessage<Name extends MessageName>(
  name: Name,
  message: MessageOf<Name>,
): Uint8Array {
  const writer = new ByteWriter()
  writeFields(writer, tableOf(name), message)
  return writer.take()
}

function writeFields(writer: ByteWriter, table: Table, message: object): void {
  const values = new Map<string, unknown>(Object.entries(message))
  for (const [field, [number, type]] of Object.entries(table)) {
    const value = values.get(field)
    if (value === undefined) continue
    const one = type.endsWith('*') ? type.slice(0, -1) : type
    const all = Array.isArray(value) ? value : [value]
    for (const each of all) writeField(writer, { number, type: one }, each)
  }
}

type Field = { readonly number: number; readonly type: string }

function writeField(writer: ByteWriter, { number, type }: Field, value: unknown): void {
  const tag = (wireType: number): void => writer.varint(number * 8 + wireType)
  if (typeof value === 'number' || typeof value === 'boolean') {
    tag(VARINT)
    return writer.varint(Number(value))
  }
  if (value instanceof Map) {
    for (const [key, text] of value) {
      tag(SIZED)
      writeSized(writer, encodeMessage('KeyValue', { key: String(key), value: String(text) }))
    }
    return
  }
  tag(SIZED)
  if (typeof value === 'string') return writer.text(value)
  if (value instanceof Uint8Array) return writeSized(writer, value)
  assert(typeof value === 'object' && value !== null, 'a field is of the type in the table')
  const inner = new ByteWriter()
  writeFields(inner, tableOf(type), value)
  writeSized(writer, inner.take())
}

function writeSized(writer: ByteWriter, bytes: Uint8Array): void {
  writer.varint(bytes.length)
  writer.raw(bytes)
}

/**
 * The message in some bytes, undefined if they are none. Fields that the table lacks, and those of
 * another wire type, are skipped; of a field that is there twice the last counts. Text that is not
 * UTF-8 has its bad bytes replaced.
 */
export function decodeMessage<Name extends MessageName>(
  name: Name,
  bytes: Uint8Array,
): MessageOf<Name> | undefined
export function decodeMessage(name: MessageName, bytes: Uint8Array): object | undefined {
  return readMessage(name, bytes, 0)
}

type Wire = { readonly number: number; readonly wireType: number; readonly value: Value }
type Value = number | Uint8Array

const readersByTable = new Map<string, ReadonlyMap<number, readonly [field: string, type: string]>>(
  [...tables].map(([name, table]) => [
    name,
    new Map(Object.entries(table).map(([field, [number, type]]) => [number, [field, type]])),
  ]),
)

function readMessage(name: string, bytes: Uint8Array, depth: number): object | undefined {
  if (depth > DEPTH_MAX) return undefined
  const fieldByNumber = readersByTable.get(name)
  assert(fieldByNumber !== undefined, 'every message that a field names is in the table')
  const out = new Map<string, unknown>()
  const wires = new Wires(bytes)
  for (let wire = wires.next(); wire !== undefined; wire = wires.next()) {
    const known = fieldByNumber.get(wire.number)
    if (known === undefined) continue
    const [field, type] = known
    if (!fits(type, wire.wireType)) continue
    const value = readValue(type, wire.value, depth)
    if (value === undefined) return undefined
    gather(out, { field, type }, value)
  }
  return wires.isWhole ? Object.fromEntries(out) : undefined
}

const fits = (type: string, wireType: number): boolean =>
  wireType === (type === 'int' || type === 'bool' ? VARINT : SIZED)

/** Repeated fields and maps grow, of all others the last one stands. */
function gather(
  out: Map<string, unknown>,
  { field, type }: { readonly field: string; readonly type: string },
  value: unknown,
): void {
  const before = out.get(field)
  if (type.endsWith('*')) {
    if (Array.isArray(before)) before.push(value)
    else out.set(field, [value])
  } else if (value instanceof Map && before instanceof Map) {
    for (const [key, text] of value) before.set(key, text)
  } else out.set(field, value)
}

const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

function readValue(type: string, value: Value, depth: number): unknown {
  if (typeof value === 'number') return type === 'bool' ? value !== 0 : value
  switch (type) {
    case 'string':
    case 'string*':
      return lenient.decode(value)
    case 'bytes':
      return value.slice()
    case 'map': {
      const entry = decodeMessage('KeyValue', value)
      return entry && new Map([[entry.key ?? '', entry.value ?? '']])
    }
    default:
      return readMessage(type.endsWith('*') ? type.slice(0, -1) : type, value, depth + 1)
  }
}

/** Fields as they lie in bytes, one after the other; `isWhole` is false once they make no sense. */
class Wires {
  readonly #bytes: Uint8Array
  #at = 0
  isWhole = true

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  next(): Wire | undefined {
    if (this.#at >= this.#bytes.length) return undefined
    const tag = this.#varint()
    const number = Math.floor(tag / 8)
    const wireType = tag % 8
    const value = this.#value(wireType)
    if (number < 1 || number >= 2 ** 29) this.isWhole = false
    return this.isWhole ? { number, wireType, value } : undefined
  }

  /** Groups (3 and 4) are no part of proto3. */
  #value(wireType: number): Value {
    if (wireType === VARINT) return this.#varint()
    if (wireType === FIXED64) return this.#raw(8)
    if (wireType === SIZED) return this.#raw(this.#varint())
    if (wireType === FIXED32) return this.#raw(4)
    this.isWhole = false
    return 0
  }

  /** Up to ten bytes, two's complement of 64 bits: exact to ± 2^53. */
  #varint(): number {
    let low = 0
    let high = 0
    for (let i = 0; i < 10; i++) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) break
      const bits = byte & 127
      if (i < 4) low |= bits << (7 * i)
      else if (i === 4) {
        low |= bits << 28
        high |= bits >> 4
      } else high |= bits << (7 * i - 32)
      if (byte < 128) return high * 2 ** 32 + (low >>> 0)
    }
    this.isWhole = false
    return 0
  }

  #raw(length: number): Uint8Array {
    const from = this.#at
    if (length < 0 || length > this.#bytes.length - from) this.isWhole = false
    if (!this.isWhole) return new Uint8Array(0)
    this.#at += length
    return this.#bytes.subarray(from, this.#at)
  }
}
