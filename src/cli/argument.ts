import { InvalidArgumentError } from 'commander'
import { nearestName } from '../config/nearest-name.ts'
import { parseDuration } from '../config/quantity.ts'

/** An address to listen on, as the configuration takes it. */
const LISTEN = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/

/** Readers of what people write behind a flag. @throws InvalidArgumentError: what to write. */
export const argument = {
  /** A whole number between both bounds, included. */
  integer(least: number, most: number): (text: string) => number {
    return (text) => {
      const value = Number(text)
      const isInside = Number.isSafeInteger(value) && value >= least && value <= most
      if (isInside && text.trim() !== '') return value
      throw new InvalidArgumentError(`write a whole number from ${least} to ${most}.`)
    }
  },
  duration(text: string): number {
    const ms = parseDuration(text)
    if (ms !== undefined) return ms
    throw new InvalidArgumentError('write a duration with its unit, such as 10s or 5m.')
  },
  listen(text: string): string {
    if (LISTEN.test(text) && Number(text.split(':').at(-1)) <= 65_535) return text
    throw new InvalidArgumentError('write address:port, such as 127.0.0.1:8080.')
  },
  /** Who makes panes of rows. */
  engine(text: string): 'own' | 'spark' {
    if (text === 'own' || text === 'spark') return text
    throw new InvalidArgumentError('write own or spark.')
  },
  /** The address of a running Nocturne, without a path. */
  server(text: string): string {
    const url = URL.parse(text)
    const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
    if (url !== null && isHttp) return url.origin
    throw new InvalidArgumentError('write an address such as http://127.0.0.1:8080.')
  },
  /** Names of a known list, comma-separated. */
  names<Name extends string>(known: readonly Name[]): (text: string) => readonly Name[] {
    return (text) =>
      text.split(',').map((word) => {
        const found = known.find((name) => name === word.trim())
        if (found !== undefined) return found
        const near = nearestName(word.trim(), known)
        const advice =
          near === undefined ? `write some of ${known.join(', ')}.` : `did you mean ${near}?`
        throw new InvalidArgumentError(`there is no ${JSON.stringify(word.trim())}; ${advice}`)
      })
  },
} as const
