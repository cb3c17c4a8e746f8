import { utf8Text } from '../std/bytes.ts'

/** Whether a parsed JSON value has the shape of T; objects may carry more than T names. */
export type Shape<T> = (value: unknown) => value is T

/** Why JSON bytes are no T: not UTF-8, not JSON, or another shape. */
export type JsonFault = 'bytes' | 'json' | 'shape'

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The shapes of which records are made. `object` takes a shape for every property of T, so a
 * record type that gains a property does not compile until its reader checks it.
 */
export const shape = {
  text: (value: unknown): value is string => typeof value === 'string',
  number: (value: unknown): value is number => Number.isFinite(value),
  integer: (value: unknown): value is number => Number.isSafeInteger(value),
  /** An integer that is not negative: a count, a revision, an offset. */
  count: (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0,
  flag: (value: unknown): value is boolean => typeof value === 'boolean',
  one:
    <const T extends string | number>(...allowed: readonly T[]): Shape<T> =>
    (value): value is T =>
      allowed.some((each) => each === value),
  orNull:
    <T>(inner: Shape<T>): Shape<T | null> =>
    (value): value is T | null =>
      value === null || inner(value),
  optional:
    <T>(inner: Shape<T>): Shape<T | undefined> =>
    (value): value is T | undefined =>
      value === undefined || inner(value),
  list:
    <T>(inner: Shape<T>): Shape<readonly T[]> =>
    (value): value is readonly T[] =>
      Array.isArray(value) && value.every(inner),
  map:
    <T>(inner: Shape<T>): Shape<Readonly<Record<string, T>>> =>
    (value): value is Readonly<Record<string, T>> =>
      isObject(value) && Object.values(value).every(inner),
  object: <T extends object>(properties: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> => {
    const names = Object.keys(properties) as (keyof T & string)[]
    return (value): value is T =>
      isObject(value) && names.every((name) => properties[name](own(value, name)))
  },
  any: isObject,
}

/** Own properties only: a key that lacks in the record is not found in Object.prototype. */
const own = (object: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined

/** Parses UTF-8 JSON and checks it, or says why not; never throws. */
export function decodeJson<T>(
  bytes: Uint8Array,
  wanted: Shape<T>,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: JsonFault } {
  let text: string
  try {
    text = utf8Text(bytes)
  } catch (error) {
    return { ok: false, reason: error instanceof TypeError ? 'bytes' : 'json' }
  }
  try {
    const value: unknown = JSON.parse(text)
    return wanted(value) ? { ok: true, value } : { ok: false, reason: 'shape' }
  } catch (error) {
    return { ok: false, reason: error instanceof SyntaxError ? 'json' : 'shape' }
  }
}
