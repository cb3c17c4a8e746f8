import type { FieldPlan, WantedField } from '../../src/wire/fields/field-plan.ts'
import { isRow } from '../../src/wire/reading-rules.ts'
import { readingFields } from '../../src/model/reading.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const latin1 = new TextDecoder('latin1')

/** The object that JSON.parse makes of a row; undefined where it refuses it or makes none. */
export function parsedRow(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const row: unknown = JSON.parse(decoder.decode(bytes))
    return isRow(row) ? row : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}

const rankOf = new Map(readingFields.map(({ name, rank }) => [name, rank]))
const PROMISE = '{"v":1,'
/** A comma and the key behind it, as they may stand between two members. */
const MEMBER = /,[ \t\r\n]*"([^"\\\u0000-\u001f]*)"[ \t\r\n]*:/y

/**
 * What of a row a reader of a plan has to believe: of a row with the promise, the members before
 * the first key that ranks behind the last wanted one, closed by a brace; of others all. Found with
 * a regular expression and JSON.parse alone.
 */
export function believed({ fields }: FieldPlan, bytes: Uint8Array): Uint8Array {
  const last = Math.max(...fields.map(({ name }) => rankOf.get(name) ?? Infinity))
  const text = latin1.decode(bytes)
  if (last === Infinity || !text.startsWith(PROMISE) || !text.endsWith('}')) return bytes
  for (let at = text.indexOf(','); at >= 0; at = text.indexOf(',', at + 1)) {
    MEMBER.lastIndex = at
    const key = MEMBER.exec(text)?.[1]
    if (key === undefined || (rankOf.get(key) ?? Infinity) <= last) continue
    const head = bytes.slice(0, at + 1)
    head[at] = CLOSE
    if (parsedRow(head) !== undefined) return head
  }
  return bytes
}

const CLOSE = 0x7d

/** A field as a reader takes it: null and empty text are absent. */
export function wantedOf(row: Readonly<Record<string, unknown>>, { name }: WantedField): unknown {
  const value = Object.hasOwn(row, name) ? row[name] : undefined
  return value === null || value === '' ? undefined : value
}
