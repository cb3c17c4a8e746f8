import type { Clock } from '../../std/clock.ts'
import type { MessageOf } from '../../wire/spark-connect/messages.ts'
import type { SparkChannel } from './spark-channel.ts'
import { CallFailure, GrpcStatus } from './call-failure.ts'
import { Reattachment, type Attempt } from './reattachment.ts'

const RELEASE_EVERY_MS = 10_000

type Answer = MessageOf<'ExecutePlanResponse'>

/** Who asks: fields that every request of a session carries. */
export type Caller = {
  readonly sessionId: string
  readonly userContext: MessageOf<'UserContext'>
  readonly clientType: string
  /** The server's own id of the session, as it was seen last (Z3). */
  readonly observed?: string
}

/** One operation of a session. */
export type Execution = {
  readonly channel: SparkChannel
  readonly clock: Clock
  /** Asked anew for each request. */
  readonly caller: () => Caller
  /** Told of each response, the last one too. */
  readonly heard: (response: Answer) => void
  readonly operationId: string
  readonly plan: MessageOf<'Plan'>
  readonly signal?: AbortSignal
}

/**
 * What an operation answers, each response once and in order, over as many streams as that takes
 * (Z1). Ends when the operation has; leaving the loop gives it up. @throws CallFailure: of an
 * interruption nobody knows whether the operation ran. The reason of the signal, once it aborts.
 */
export async function* execute(execution: Execution): AsyncGenerator<Answer, void, undefined> {
  const { clock, signal } = execution
  const state = new Reattachment(clock.now())
  const released = new ReleasedUntil(execution)
  try {
    while (!state.isComplete) {
      const waitMs = yield* follow(execution, state, released)
      if (waitMs === undefined) throw cutOff()
      if (waitMs > 0) await clock.sleep(waitMs, signal)
      signal?.throwIfAborted()
    }
  } finally {
    void release(execution, { releaseAll: {} })
  }
}

/** The responses of one stream; ms until the next one, undefined where none would help. */
async function* follow(
  execution: Execution,
  state: Reattachment,
  released: ReleasedUntil,
): AsyncGenerator<Answer, number | undefined, undefined> {
  const { clock, heard, signal } = execution
  try {
    for await (const response of attach(execution, state.attempt(clock.now()))) {
      state.took(response, clock.now())
      heard(response)
      if (state.isComplete) return 0
      yield response
      released.upTo(state.lastResponseId)
    }
    return state.ended(clock.now())
  } catch (error) {
    signal?.throwIfAborted()
    const waitMs = error instanceof CallFailure ? state.failed(error, clock.now()) : undefined
    if (waitMs === undefined) throw error
    return waitMs
  }
}

const cutOff = (): CallFailure =>
  new CallFailure({ status: GrpcStatus.unavailable, text: 'its streams end before they bring any' })

function attach(
  { channel, caller, operationId, plan, signal }: Execution,
  { kind, lastResponseId, msMax }: Attempt,
): AsyncGenerator<Answer, void, undefined> {
  const common = { ...caller(), operationId }
  if (kind === 'execute') {
    const requestOptions = [{ reattachOptions: { reattachable: true } }]
    return channel.stream('ExecutePlan', { ...common, plan, requestOptions }, { msMax, signal })
  }
  const request = { ...common, ...(lastResponseId !== undefined && { lastResponseId }) }
  return channel.stream('ReattachExecute', request, { msMax, signal })
}

/** The server keeps what it has sent until we say that we have it, and its room ends (Z1). */
class ReleasedUntil {
  readonly #execution: Execution
  #releasedAt: number
  #inFlight = false

  constructor(execution: Execution) {
    this.#execution = execution
    this.#releasedAt = execution.clock.now()
  }

  upTo(responseId: string | undefined): void {
    const now = this.#execution.clock.now()
    if (responseId === undefined || this.#inFlight) return
    if (now - this.#releasedAt < RELEASE_EVERY_MS) return
    this.#releasedAt = now
    this.#inFlight = true
    const done = release(this.#execution, { releaseUntil: { responseId } })
    void done.finally(() => {
      this.#inFlight = false
    })
  }
}

/** Its outcome changes nothing: what was not released the server drops after some minutes. */
async function release(
  { channel, caller, operationId }: Execution,
  what: Pick<MessageOf<'ReleaseExecuteRequest'>, 'releaseAll' | 'releaseUntil'>,
): Promise<void> {
  try {
    await channel.unary('ReleaseExecute', { ...caller(), operationId, ...what })
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return
  }
}
