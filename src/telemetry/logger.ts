import { pino, type DestinationStream } from 'pino'

/** One JSON object a line; a `reason` always; no row contents and no addresses of viewers (R7). */
export interface Logger {
  info(facts: object, sentence: string): void
  warn(facts: object, sentence: string): void
  error(facts: object, sentence: string): void
}

/** Our own log, on stderr by default so that stdout stays data. */
export function createLogger(
  options: { readonly level?: 'info' | 'warn' | 'error' | 'silent' } = {},
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  const { level = 'info' } = options
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

/** A logger that says nothing: for tests and for commands whose output is their answer. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} }
