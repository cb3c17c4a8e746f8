// `map:` of an input (formats.md 3.5): foreign rows become readings, field by field.
/** What a field of a reading is made of; a bare name is short for `{ from: name }`. */
export type FieldMapping =
  | string
  | {
      readonly from?: string
      /** A constant for every row. */
      readonly value?: string | number | boolean
      /** The unit that `from` is in, of a field in milliseconds. */
      readonly unit?: 's' | 'ms' | 'us' | 'ns'
      readonly scale?: number
      /** Text of a number, for dimensions. */
      readonly as?: 'text'
      /** `from` is a counter that only grows, one for each value of this field. */
      readonly delta_by?: string
    }

/** The mapped fields of a reading by name. */
export type MappingSpec = Readonly<Record<string, FieldMapping>>

type ForeignRow = Readonly<Record<string, unknown>>
type Reader = (row: ForeignRow) => unknown

/** Milliseconds in one of each unit. */
const UNIT_MS = { s: 1000, ms: 1, us: 1e-3, ns: 1e-6 } as const

/** Seconds of today err by up to 0.00024 ms in a double, and no clock counts half microseconds. */
const TS_SLACK_MS = 0.0005

/** Counters remembered per mapped field; beyond, the one longest unseen is forgotten (D5). */
const COUNTERS_MAX = 100_000

/**
 * Compiles a mapping. A mapped field is what its mapping says, or absent; a field that a mapping
 * reads is taken up by it; all other fields stay as they are. The function remembers the counters
 * of `delta_by`: the first sight of a key, and a counter that fell, count nothing (C1).
 */
export function compileMapping(spec: MappingSpec): (row: ForeignRow) => Record<string, unknown> {
  const readers = Object.entries(spec).map(([name, mapping]) => ({
    name,
    read: compileField(name, mapping),
  }))
  const taken = new Set([...Object.keys(spec), ...Object.values(spec).flatMap(sourceOf)])
  return (row) => {
    const out: Record<string, unknown> = {}
    for (const name of Object.keys(row)) if (!taken.has(name)) define(out, name, row[name])
    for (const { name, read } of readers) {
      const value = read(row)
      if (value !== undefined && value !== null) define(out, name, value)
    }
    return out
  }
}

const sourceOf = (mapping: FieldMapping): readonly string[] => {
  const from = typeof mapping === 'string' ? mapping : mapping.from
  return from === undefined ? [] : [from]
}

/** Assigning to `__proto__` would set a prototype; it is a name like any other. */
function define(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') row[name] = value
  else Object.defineProperty(row, name, { value, enumerable: true, configurable: true })
}

const own = (row: ForeignRow, name: string): unknown =>
  Object.hasOwn(row, name) ? row[name] : undefined

function compileField(name: string, mapping: FieldMapping): Reader {
  if (typeof mapping === 'string') return (row) => own(row, mapping)
  const { from, value, unit, as, delta_by: key } = mapping
  if (value !== undefined) return () => value
  if (from === undefined) return () => undefined
  if (as === 'text') return (row) => textOf(own(row, from))
  if (unit === undefined && mapping.scale === undefined && key === undefined) {
    return (row) => own(row, from)
  }
  const number: Reader = (row) => numberOf(own(row, from))
  const read = key === undefined ? number : deltas(number, key)
  const scale = (unit === undefined ? 1 : UNIT_MS[unit]) * (mapping.scale ?? 1)
  return (row) => {
    const measure = read(row)
    if (typeof measure !== 'number') return undefined
    const scaled = scale < 1 ? measure / (1 / scale) : measure * scale
    return name === 'ts' ? Math.floor(scaled + TS_SLACK_MS) : scaled
  }
}

/** What a counter grew by since the same key's last row. */
function deltas(read: Reader, key: string): Reader {
  const lastByKey = new Map<string, number>()
  return (row) => {
    const subject = textOf(own(row, key))
    const counter = read(row)
    if (subject === undefined || typeof counter !== 'number') return undefined
    const last = lastByKey.get(subject)
    // Deleted first, so that the map's order is that of last sight.
    lastByKey.delete(subject)
    lastByKey.set(subject, counter)
    if (lastByKey.size > COUNTERS_MAX) {
      for (const oldest of lastByKey.keys()) {
        lastByKey.delete(oldest)
        break
      }
    }
    return last === undefined || counter < last ? undefined : counter - last
  }
}

/** Numbers as they are, and text that spells one, as CSV has it. */
function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined
}
