import type { MessageOf } from '../../wire/spark-connect/messages.ts'
import type { CallFailure } from './call-failure.ts'

const TRIES_MAX = 12
const WAIT_MS_FIRST = 50
const WAIT_MS_MAX = 5_000
/** The server cuts each stream after two minutes: by then it has shown that it lives. */
const QUIET_MS_MAX = 180_000
const STREAM_MS_MAX = 150_000
/** A stream that ends sooner, and brings nothing, is as good as refused. */
const STREAM_MS_MIN = 1_000

const NEVER_ARRIVED = ['INVALID_HANDLE.OPERATION_NOT_FOUND', 'INVALID_HANDLE.SESSION_NOT_FOUND']
const ARRIVED_BEFORE = 'INVALID_HANDLE.OPERATION_ALREADY_EXISTS'

/** What is asked next: the operation from the start, or what comes behind some response. */
export type Attempt = {
  readonly kind: 'execute' | 'reattach'
  readonly lastResponseId?: string
  /** How long its stream may stand. */
  readonly msMax: number
}

/** How one operation is brought to its end over streams that break (Z1). */
export class Reattachment {
  #kind: Attempt['kind'] = 'execute'
  #lastResponseId: string | undefined
  #failures = 0
  #hasAnswered = false
  #aliveAt: number
  #attemptAt: number
  #attemptBroughtAny = false
  isComplete = false

  constructor(now: number) {
    this.#aliveAt = now
    this.#attemptAt = now
  }

  /** The newest response, undefined before the first. */
  get lastResponseId(): string | undefined {
    return this.#lastResponseId
  }

  attempt(now: number): Attempt {
    this.#attemptAt = now
    this.#attemptBroughtAny = false
    const msMax = Math.min(STREAM_MS_MAX, Math.max(1, this.#aliveAt + QUIET_MS_MAX - now))
    if (this.#lastResponseId === undefined) return { kind: this.#kind, msMax }
    return { kind: this.#kind, lastResponseId: this.#lastResponseId, msMax }
  }

  took(response: MessageOf<'ExecutePlanResponse'>, now: number): void {
    this.#hasAnswered = true
    this.#attemptBroughtAny = true
    this.#kind = 'reattach'
    this.#aliveAt = now
    this.#failures = 0
    this.#lastResponseId = response.responseId ?? this.#lastResponseId
    this.isComplete = response.resultComplete !== undefined
  }

  /** A stream has ended in order without the last response; ms until the next attempt. */
  ended(now: number): number | undefined {
    this.#kind = 'reattach'
    const wasShort = now - this.#attemptAt < STREAM_MS_MIN
    if (wasShort && !this.#attemptBroughtAny) return this.#failed(now)
    this.#aliveAt = now
    this.#failures = 0
    return 0
  }

  /** ms until the next attempt; undefined where none would help. */
  failed(failure: CallFailure, now: number): number | undefined {
    const { errorClass = '' } = failure
    // Whoever takes the responses may be slow: that was no silence.
    if (this.#attemptBroughtAny) this.#aliveAt = now
    if (NEVER_ARRIVED.includes(errorClass) && !this.#hasAnswered && this.#kind === 'reattach') {
      this.#kind = 'execute'
      return this.#failed(now)
    }
    if ((errorClass === ARRIVED_BEFORE && this.#failures > 0) || failure.isInterruption) {
      this.#kind = 'reattach'
      return this.#failed(now)
    }
    return undefined
  }

  #failed(now: number): number | undefined {
    this.#failures += 1
    if (this.#failures > TRIES_MAX || now - this.#aliveAt >= QUIET_MS_MAX) return undefined
    return Math.min(WAIT_MS_MAX, WAIT_MS_FIRST * 2 ** (this.#failures - 1))
  }
}
