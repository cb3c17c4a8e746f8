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

/** The end of a process, as its code would never see it. */
export class Crash extends Error {}

/**
 * A log whose user dies at its `crashAt`-th call or read, from 0: before the call has had any
 * effect, or after all of it and before its answer. From then on every call fails. With `onCall`
 * it is told of that call and does not die: a process that is stopped in good order.
 */
export class CrashingLog implements Log {
  readonly #log: Log
  readonly #crashAt: number
  readonly #when: 'before' | 'after'
  readonly #onCall: (() => void) | undefined
  callCount = 0
  isDead = false

  constructor(
    log: Log,
    options: { crashAt: number; when: 'before' | 'after'; onCall?: () => void },
  ) {
    const { crashAt, when, onCall } = options
    this.#onCall = onCall

    this.#log = log
    this.#crashAt = crashAt
    this.#when = when
  }

  async #effect<T>(call: () => Promise<T>): Promise<T> {
    if (this.isDead && this.#onCall === undefined) throw new Crash()
    const isLast = this.callCount++ === this.#crashAt
    if (isLast) this.isDead = true
    if (isLast && this.#onCall !== undefined) {
      this.#onCall()
      return call()
    }
    if (isLast && this.#when === 'before') throw new Crash()
    const result = await call()
    if (isLast) throw new Crash()
    return result
  }

  createTopic(spec: TopicSpec): Promise<void> {
    return this.#log.createTopic(spec)
  }

  append(topic: string, rows: readonly LogRecord[]): Promise<void> {
    return this.#effect(() => this.#log.append(topic, rows))
  }

  claims(group: GroupSpec, signal: AbortSignal): AsyncIterable<Claim> {
    return this.#log.claims(group, signal)
  }

  position(claim: Claim): Promise<Position> {
    return this.#effect(() => this.#log.position(claim))
  }

  async *read(claim: Claim, options: ReadOptions): AsyncGenerator<LogBatch> {
    for await (const batch of this.#log.read(claim, options)) {
      await this.#effect(() => Promise.resolve())
      yield batch
    }
  }

  commit(claim: Claim, offset: number, note?: string): Promise<void> {
    return this.#effect(() => this.#log.commit(claim, offset, note))
  }

  ends(topic: string): ReturnType<Log['ends']> {
    return this.#effect(() => this.#log.ends(topic))
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
