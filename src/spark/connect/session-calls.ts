import { randomUUID } from 'node:crypto'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import type { MessageOf } from '../../wire/spark-connect/messages.ts'
import type { SparkChannel } from './spark-channel.ts'
import { CallFailure } from './call-failure.ts'
import { execute, type Caller } from './execute.ts'
import { sparkFault } from './spark-fault.ts'

const CLIENT_TYPE = 'nocturne'
const DETAILS_MS_MAX = 10_000
const CAUSES_MAX = 5

type Answer = MessageOf<'ExecutePlanResponse'>

/** What a session is known by. */
export type SessionName = { readonly userId: string; readonly sessionId: string }

/**
 * The calls of one session. What the server says of itself is remembered (Z3); once it has changed
 * or closed the session, every later call is refused with that error. @throws SPARK_*.
 */
export class SessionCalls {
  readonly #channel: SparkChannel
  readonly #clock: Clock
  readonly #name: SessionName
  #observed: string | undefined
  #over: NocturneError | undefined

  constructor(channel: SparkChannel, clock: Clock, name: SessionName) {
    this.#channel = channel
    this.#clock = clock
    this.#name = name
  }

  async version(): Promise<string> {
    const answer = await this.#asked(async () =>
      this.#seen(await this.#channel.unary('AnalyzePlan', { ...this.#caller(), sparkVersion: {} })),
    )
    const version = answer.sparkVersion?.version
    if (version === undefined) throw new NocturneError('SPARK_ANSWER_INVALID', 'no version')
    return version
  }

  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    const pairs = Object.entries(settings).map(([key, value]) => ({ key, value }))
    const operation = { set: { pairs } }
    await this.#asked(async () =>
      this.#seen(await this.#channel.unary('Config', { ...this.#caller(), operation })),
    )
  }

  /** Runs a command to its end; what it picks first from its responses. */
  async command<T>(
    command: MessageOf<'Command'>,
    pick: (response: Answer) => T | undefined,
  ): Promise<T | undefined> {
    let picked: T | undefined
    for await (const response of this.responses(command)) picked ??= pick(response)
    return picked
  }

  /** The responses of a command as they come. @throws the reason of the signal once it aborts. */
  async *responses(
    command: MessageOf<'Command'>,
    signal?: AbortSignal,
  ): AsyncGenerator<Answer, void, undefined> {
    if (this.#over) throw this.#over
    const execution = {
      channel: this.#channel,
      clock: this.#clock,
      caller: () => this.#caller(),
      heard: (response: Answer) => void this.#seen(response),
      operationId: randomUUID(),
      plan: { command },
      ...(signal && { signal }),
    }
    try {
      yield* execute(execution)
    } catch (error) {
      throw await this.#faultOf(error)
    }
  }

  /** Ends the session on the server, its queries with it. */
  async release(): Promise<void> {
    const { observed: _unasked, ...caller } = this.#caller()
    await this.#asked(async () => {
      try {
        await this.#channel.unary('ReleaseSession', caller)
      } catch (error) {
        // A server without spark-mllib fails behind the work, which is done (Z4).
        if (!(error instanceof CallFailure && error.text.includes(MISSING_ML))) throw error
        return
      }
    })
    this.#over = new NocturneError('SPARK_SESSION_CLOSED', 'it was released')
  }

  close(): void {
    this.#channel.close()
  }

  #caller(): Caller {
    const { userId, sessionId } = this.#name
    const caller = { sessionId, userContext: { userId, userName: userId }, clientType: CLIENT_TYPE }
    return this.#observed === undefined ? caller : { ...caller, observed: this.#observed }
  }

  #seen<T extends { readonly serverSideSessionId?: string }>(response: T): T {
    this.#observed = response.serverSideSessionId ?? this.#observed
    return response
  }

  async #asked<T>(call: () => Promise<T>): Promise<T> {
    if (this.#over) throw this.#over
    try {
      return await call()
    } catch (error) {
      throw await this.#faultOf(error)
    }
  }

  /** What is thrown for an error: one of the catalogue where a call has failed. */
  async #faultOf(error: unknown): Promise<unknown> {
    if (!(error instanceof CallFailure)) return error
    const fault = sparkFault(error, await this.#said(error))
    if (fault.code === 'SPARK_SESSION_CHANGED' || fault.code === 'SPARK_SESSION_CLOSED') {
      this.#over ??= fault
    }
    return fault
  }

  /** Spark's own words, with their causes; the trailer's where it has no more (Z5). */
  async #said({ errorId, text }: CallFailure): Promise<string> {
    if (errorId === undefined) return text
    try {
      const request = { ...this.#caller(), errorId }
      const details = await this.#channel.unary('FetchErrorDetails', request, DETAILS_MS_MAX)
      return wordsOf(details) ?? text
    } catch (error) {
      if (error instanceof CallFailure || error instanceof NocturneError) return text
      throw error
    }
  }
}

const MISSING_ML = 'org/apache/spark/ml/util/ConnectHelper'

function wordsOf({
  rootErrorIdx,
  errors = [],
}: MessageOf<'FetchErrorDetailsResponse'>): string | undefined {
  const words: string[] = []
  let at = rootErrorIdx
  for (let left = CAUSES_MAX; left > 0 && at !== undefined; left--) {
    const error: MessageOf<'ErrorDetail'> | undefined = errors[at]
    if (error === undefined) break
    const [className = 'an error'] = error.typeHierarchy ?? []
    words.push(words.length === 0 ? (error.message ?? '') : `${className}: ${error.message ?? ''}`)
    at = error.causeIdx
  }
  return words.length === 0 || words[0] === '' ? undefined : words.join('\ncaused by ')
}
