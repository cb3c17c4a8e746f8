import type { Prng } from '../std/prng.ts'
import type { HttpResult } from './http-post.ts'

/** A64: 1 s doubling to 5 min, ± 20 %, for 24 h; a receiver may ask for up to 1 h. */
const RETRY_MS_MIN = 1_000
const RETRY_MS_MAX = 300_000
const JITTER_SHARE = 0.2
const RETRY_AFTER_MS_MAX = 3_600_000
const GIVE_UP_AFTER_MS = 86_400_000
const RETRIED = new Set([408, 425, 429])
const MISCONFIGURED = new Set([401, 403, 404])

/** What follows from an attempt, with its reason, which is counted. */
export type AttemptVerdict =
  | { readonly outcome: 'sent' | 'refused' | 'gave_up'; readonly reason: string }
  | { readonly outcome: 'retry'; readonly reason: AttemptReason; readonly waitMs: number }

export type AttemptReason = 'timeout' | 'connection' | 'misconfigured' | 'retry_after' | 'status'

export type Attempted = {
  readonly result: HttpResult
  /** Which attempt of this notice it was, from 1. */
  readonly attempt: number
  /** When the notice was planned: giving up counts from there, so a restart grants no new day. */
  readonly plannedAt: number
  readonly now: number
}

/**
 * Whether a notice has arrived, is refused, is tried again after `waitMs`, or is given up (A64).
 * Any status 2xx is arrival; a redirect is refused, since it is not followed (R16).
 */
export function attemptVerdict(attempted: Attempted, random: Prng): AttemptVerdict {
  const { result, attempt, plannedAt, now } = attempted
  const waiting = retryOf(result, { attempt, now, random })
  if (waiting.outcome !== 'retry') return waiting
  if (now + waiting.waitMs - plannedAt > GIVE_UP_AFTER_MS) {
    return { outcome: 'gave_up', reason: waiting.reason }
  }
  return waiting
}

/** The wait before the attempt after attempt number `attempt`, from 1. */
export function retryMs(attempt: number, random: Prng): number {
  const doubled = RETRY_MS_MIN * 2 ** Math.min(attempt - 1, 30)
  return Math.round(jittered(Math.min(doubled, RETRY_MS_MAX), random))
}

const jittered = (ms: number, random: Prng): number =>
  ms * (1 + JITTER_SHARE * (2 * random.next() - 1))

type RetryFacts = { readonly attempt: number; readonly now: number; readonly random: Prng }

function retryOf(result: HttpResult, { attempt, now, random }: RetryFacts): AttemptVerdict {
  const waitMs = retryMs(attempt, random)
  if (result.kind === 'unanswered') return { outcome: 'retry', reason: result.reason, waitMs }
  const { status } = result
  if (status >= 200 && status < 300) return { outcome: 'sent', reason: `${status}` }
  if (MISCONFIGURED.has(status)) {
    const slowMs = Math.round(jittered(RETRY_MS_MAX, random))
    return { outcome: 'retry', reason: 'misconfigured', waitMs: slowMs }
  }
  if (status < 500 && !RETRIED.has(status)) return { outcome: 'refused', reason: `${status}` }
  const askedMs = retryAfterMs(result.retryAfter, now)
  if (askedMs === undefined) return { outcome: 'retry', reason: 'status', waitMs }
  return { outcome: 'retry', reason: 'retry_after', waitMs: Math.max(askedMs, waitMs) }
}

/** RFC 9110, 10.2.3: seconds or an HTTP date; anything else is as if it were absent. */
function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now
  if (!Number.isFinite(ms)) return undefined
  return Math.min(Math.max(ms, 0), RETRY_AFTER_MS_MAX)
}
