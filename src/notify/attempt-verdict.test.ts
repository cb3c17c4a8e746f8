import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prng } from '../std/prng.ts'
import { attemptVerdict, retryMs } from './attempt-verdict.ts'
import type { HttpResult } from './http-post.ts'

const now = 1_795_383_150_000
const answer = (status: number, retryAfter?: string): HttpResult => ({
  kind: 'answer',
  status,
  retryAfter,
  body: '',
})
const unanswered = { kind: 'unanswered', reason: 'timeout', detail: '' } as const
const verdictOf = (result: HttpResult, plannedAt = now, attempt = 1) => {
  const verdict = attemptVerdict({ result, attempt, plannedAt, now }, prng(5))
  const waitMs = verdict.outcome === 'retry' ? verdict.waitMs : 0
  return { ...verdict, waitMs }
}

test('[A64] the wait doubles from 1 s to 5 min, give or take a fifth', () => {
  const random = prng(1)
  for (const [attempt, ms] of [1, 2, 3, 9, 10, 500].map((n) => [
    n,
    Math.min(1_000 * 2 ** (n - 1), 300_000),
  ])) {
    for (let i = 0; i < 50; i++) {
      const waitMs = retryMs(attempt!, random)
      assert.ok(waitMs >= 0.8 * ms! && waitMs <= 1.2 * ms!, `${attempt}: ${waitMs}`)
    }
  }
})

const outcomes: readonly (readonly [HttpResult, string, string])[] = [
  [answer(200), 'sent', '200'],
  [answer(204), 'sent', '204'],
  [answer(301), 'refused', '301'],
  [answer(400), 'refused', '400'],
  [answer(413), 'refused', '413'],
  [answer(401), 'retry', 'misconfigured'],
  [answer(404), 'retry', 'misconfigured'],
  [answer(408), 'retry', 'status'],
  [answer(429), 'retry', 'status'],
  [answer(429, '7'), 'retry', 'retry_after'],
  [answer(503, 'soon'), 'retry', 'status'],
  [answer(500), 'retry', 'status'],
  [unanswered, 'retry', 'timeout'],
]

test('[A64] each answer has its outcome and its reason', () => {
  for (const [result, outcome, reason] of outcomes) {
    const verdict = verdictOf(result)
    assert.deepEqual([verdict.outcome, verdict.reason], [outcome, reason])
  }
})

test('[A64] Retry-After is obeyed in seconds and as a date, up to an hour', () => {
  const date = new Date(now + 90_000).toUTCString()
  assert.equal(verdictOf(answer(429, '30')).waitMs, 30_000)
  assert.equal(verdictOf(answer(503, date)).waitMs, 90_000)
  assert.equal(verdictOf(answer(429, '86400')).waitMs, 3_600_000)
  // Asked for less than we would wait anyhow.
  assert.ok(verdictOf(answer(429, '0')).waitMs >= 800)
})

test('[A64] a notice is given up when its next attempt would be a day after it was planned', () => {
  assert.equal(verdictOf(answer(500), now - 86_390_000).outcome, 'retry')
  assert.equal(verdictOf(answer(500), now - 86_400_000).outcome, 'gave_up')
  assert.equal(verdictOf(answer(200), now - 90_000_000).outcome, 'sent')
})
