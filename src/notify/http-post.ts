import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Clock } from '../std/clock.ts'

/** Bounds of R16: an attempt lasts 10 s at most, and 64 KiB of its answer are read. */
const ATTEMPT_MS_MAX = 10_000
const ANSWER_BYTES_MAX = 65_536

export type HttpRequest = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** What came of one attempt: an answer of any status, or why there was none. */
export type HttpResult =
  | {
      readonly kind: 'answer'
      readonly status: number
      /** The header `Retry-After` as it came. */
      readonly retryAfter: string | undefined
      readonly body: string
    }
  | {
      readonly kind: 'unanswered'
      readonly reason: 'timeout' | 'connection'
      readonly detail: string
    }

/** One attempt to post; resolves always, within 10 s of `clock`. */
export type HttpPost = (request: HttpRequest) => Promise<HttpResult>

/**
 * Posts by node's own client: redirects are answers like others, a connection is used once, and
 * an answer's rest beyond 64 KiB is not read (R16).
 */
export const httpPost =
  (clock: Clock): HttpPost =>
  async (wanted) => {
    const ending = new AbortController()
    const timeout = clock.sleep(ATTEMPT_MS_MAX, ending.signal).then((): HttpResult => {
      return { kind: 'unanswered', reason: 'timeout', detail: `${ATTEMPT_MS_MAX} ms` }
    })
    const attempt = attemptOnce(wanted, ending.signal)
    const result = await Promise.race([attempt, timeout])
    ending.abort()
    return result
  }

function attemptOnce(
  { url, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<HttpResult> {
  const { promise, resolve } = Promise.withResolvers<HttpResult>()
  const lost = (error: Error) =>
    resolve({ kind: 'unanswered', reason: 'connection', detail: error.message })
  const send = url.startsWith('https:') ? requestHttps : requestHttp
  let client: ClientRequest
  try {
    client = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': body.length, connection: 'close' },
      agent: false,
      signal,
    })
  } catch (error) {
    lost(error instanceof Error ? error : new Error('the address cannot be used'))
    return promise
  }
  client.on('error', lost)
  client.on('response', (answer) => readAnswer(answer, resolve))
  client.end(body)
  return promise
}

/** A body that breaks off changes nothing about the status; one that hangs is a timeout. */
function readAnswer(answer: IncomingMessage, resolve: (result: HttpResult) => void): void {
  const chunks: Buffer[] = []
  let bytes = 0
  const end = () =>
    resolve({
      kind: 'answer',
      status: answer.statusCode ?? 0,
      retryAfter: answer.headers['retry-after'],
      body: Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8'),
    })
  answer.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes < ANSWER_BYTES_MAX) return
    end()
    answer.destroy()
  })
  answer.on('end', end)
  answer.on('error', end)
}
