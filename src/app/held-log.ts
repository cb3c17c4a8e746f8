import type {
  Claim,
  GroupSpec,
  Log,
  LogBatch,
  LogRecord,
  Position,
  ReadOptions,
  TopicSpec,
} from '../log/log.ts'
import { NocturneError } from '../model/nocturne-error.ts'

/** Reading it again would pass over what is missing, so it is not written while something is. */
const CHECKPOINTS = 'checkpoints'

/**
 * The log of one run of one reader, which goes on when partitions that it appends to are poisoned:
 * all others get their rows, and the position is held where nothing was missing yet. A later run
 * begins there and writes again whatever is missing, under the same ids (D2, R31).
 */
export class HeldLog implements Log {
  readonly #log: Log
  readonly #onHeld: (error: NocturneError) => void
  /** What was said of each partition that refused. */
  readonly #missing = new Set<string>()

  /** `onHeld` is called once for each partition that refuses. */
  constructor(log: Log, onHeld: (error: NocturneError) => void) {
    this.#log = log
    this.#onHeld = onHeld
  }

  createTopic(spec: TopicSpec): Promise<void> {
    return this.#log.createTopic(spec)
  }

  /** Not async, so that nothing holds the rows while they become durable. */
  append(topic: string, rows: readonly LogRecord[]): Promise<void> {
    if (topic === CHECKPOINTS && this.#missing.size > 0) return Promise.resolve()
    return this.#log.append(topic, rows).catch((error: unknown) => {
      if (!(error instanceof NocturneError) || error.code !== 'LOG_POISONED') throw error
      this.#hold(error)
      return undefined
    })
  }

  claims(group: GroupSpec, signal: AbortSignal): AsyncIterable<Claim> {
    return this.#log.claims(group, signal)
  }

  position(claim: Claim): Promise<Position> {
    return this.#log.position(claim)
  }

  read(claim: Claim, options: ReadOptions): AsyncIterable<LogBatch> {
    return this.#log.read(claim, options)
  }

  async commit(claim: Claim, offset: number, note?: string): Promise<void> {
    if (this.#missing.size === 0) await this.#log.commit(claim, offset, note)
  }

  ends(topic: string): Promise<readonly { readonly start: number; readonly end: number }[]> {
    return this.#log.ends(topic)
  }

  close(): Promise<void> {
    return this.#log.close()
  }

  #hold(error: NocturneError): void {
    if (this.#missing.has(error.detail)) return
    this.#missing.add(error.detail)
    this.#onHeld(error)
  }
}
