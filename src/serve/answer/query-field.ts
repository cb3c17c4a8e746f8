import { NocturneError } from '../../model/nocturne-error.ts'

/** A request's query as Fastify parses it. */
export type Query = Readonly<Record<string, unknown>>

const VALUE_MAX = 512

const refuse = (name: string, why: string): never => {
  throw new NocturneError('SERVE_QUERY_INVALID', `${name} ${why}`)
}

/** Readers of one parameter each. @throws SERVE_QUERY_INVALID naming it. */
export const queryField = {
  text(query: Query, name: string): string {
    const value = query[name]
    if (typeof value !== 'string' || value.length > VALUE_MAX)
      return refuse(name, 'is not one text')
    return value
  },
  textOr(query: Query, name: string, otherwise: string): string {
    return query[name] === undefined ? otherwise : queryField.text(query, name)
  },
  /** An integer between both bounds, or `otherwise` where the parameter is absent. */
  integerOr(
    query: Query,
    name: string,
    range: { readonly least: number; readonly most: number; readonly otherwise: number },
  ): number {
    if (query[name] === undefined) return range.otherwise
    const value = Number(query[name])
    const isInside = Number.isSafeInteger(value) && value >= range.least && value <= range.most
    return isInside ? value : refuse(name, `is not between ${range.least} and ${range.most}`)
  },
  /** One of some words, or undefined where the parameter is absent. */
  oneOf<Word extends string>(query: Query, name: string, words: readonly Word[]): Word | undefined {
    if (query[name] === undefined) return undefined
    const found = words.find((word) => word === query[name])
    return found ?? refuse(name, `is none of ${words.join(', ')}`)
  },
  /** A JSON object of texts, such as `{"stream":"arena-1"}`. */
  group(query: Query, name: string): Readonly<Record<string, string>> {
    const text = queryField.text(query, name)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      throw new NocturneError('SERVE_QUERY_INVALID', `${name} is not JSON`, { cause: error })
    }
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    const entries = isObject ? Object.entries(value as object) : refuse(name, 'is no object')
    if (!entries.every(([, each]) => typeof each === 'string')) refuse(name, 'is not all texts')
    return Object.fromEntries(entries) as Record<string, string>
  },
}
