import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import { refusalText, request } from '../server-client.ts'

/** What a running Nocturne has said of the rows so far. */
export type SendReport = {
  /** Told durable (D1). */
  accepted: number
  rejected: number
  /** Requests that were sent again. */
  retries: number
}

/** Rows of one request, each with its line in the input. */
export type RowBatch = {
  readonly rows: readonly Uint8Array[]
  readonly lines: readonly number[]
}

export type SenderOptions = {
  readonly server: string
  readonly clock: Clock
  /** How long one batch is tried while nobody takes it. */
  readonly retryMs: number
  readonly signal: AbortSignal
  /** Called for each row that was refused, with its line in the input. */
  readonly onRejected: (line: number, reason: string) => void
}

const BACKOFF_MS_MIN = 200
const BACKOFF_MS_MAX = 5_000
const RETRY_AFTER_MS_MAX = 60_000

type Answer = {
  readonly accepted: number
  readonly rejected: readonly { readonly line: number; readonly reason: string }[]
  readonly rejected_more?: number
}

/**
 * Sends batches one after the other, so that order is kept, and each until it was told durable:
 * rows carry their number, so that a repeat changes nothing (D7).
 */
export class RowSender {
  readonly #options: SenderOptions
  readonly report: SendReport = { accepted: 0, rejected: 0, retries: 0 }

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** @throws CLI_SERVER_UNREACHABLE, CLI_SERVER_REFUSED: later batches must not be sent. */
  async send(batch: RowBatch): Promise<void> {
    const { clock, retryMs, signal } = this.#options
    const startedAt = clock.now()
    for (let backoffMs = BACKOFF_MS_MIN; ; backoffMs = Math.min(BACKOFF_MS_MAX, backoffMs * 2)) {
      const outcome = await this.#try(batch)
      if (outcome.done) return
      const isOver = clock.now() - startedAt >= retryMs
      if (isOver || signal.aborted) throw outcome.error
      this.report.retries++
      await clock.sleep(outcome.waitMs ?? backoffMs, signal)
      if (signal.aborted) throw outcome.error
    }
  }

  async #try(batch: RowBatch): Promise<Outcome> {
    try {
      const response = await request(`${this.#options.server}/v1/readings`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: joined(batch.rows),
      })
      if (response.status === 202) {
        this.#take((await response.json()) as Answer, batch)
        return { done: true }
      }
      return refused(response, await refusalText(response))
    } catch (error) {
      // An answer that broke off: the rows may be durable or not, so they are sent again.
      const isOurs = error instanceof NocturneError
      if (isOurs && error.code !== 'CLI_SERVER_UNREACHABLE') throw error
      const unreachable = isOurs
        ? error
        : new NocturneError('CLI_SERVER_UNREACHABLE', this.#options.server, { cause: error })
      return { done: false, error: unreachable }
    }
  }

  #take(answer: Answer, batch: RowBatch): void {
    this.report.accepted += answer.accepted
    this.report.rejected += answer.rejected.length + (answer.rejected_more ?? 0)
    for (const { line, reason } of answer.rejected) {
      this.#options.onRejected(batch.lines[line - 1] ?? 0, reason)
    }
  }
}

type Outcome =
  | { readonly done: true }
  | { readonly done: false; readonly error: NocturneError; readonly waitMs?: number }

/** 429 and failures of the server pass; any other refusal would be the same again. */
function refused(response: Response, text: string): Outcome {
  const error = new NocturneError('CLI_SERVER_REFUSED', `${response.status}: ${text}`)
  if (response.status !== 429 && response.status < 500) throw error
  const seconds = Number(response.headers.get('retry-after') ?? NaN)
  if (!(seconds >= 0)) return { done: false, error }
  return { done: false, error, waitMs: Math.min(RETRY_AFTER_MS_MAX, seconds * 1000) }
}

function joined(rows: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = rows.reduce((sum, row) => sum + row.length + 1, 0)
  const bytes = new Uint8Array(length)
  let end = 0
  for (const row of rows) {
    bytes.set(row, end)
    end += row.length
    bytes[end++] = 0x0a
  }
  return bytes
}
