import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { test } from 'node:test'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import type { Log } from '../log/log.ts'
import type { Notice } from '../model/notice.ts'
import { prng } from '../std/prng.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { Crash, CrashingLog } from './crashing-log.suite.ts'
import type { HttpResult } from './http-post.ts'
import { appendNotices, noticeOf } from './notify-records.suite.ts'
import { createTopics, toldsOf } from './notify-topics.suite.ts'
import { runSend } from './send.ts'

const GROUP_COUNT = 5
const SEQ_COUNT = 4
const plannedAt = new SimulatedClock().now()
const notices = Array.from({ length: GROUP_COUNT * SEQ_COUNT }, (_, i) =>
  noticeOf({ group: i % GROUP_COUNT, seq: Math.floor(i / GROUP_COUNT) + 1, plannedAt }),
)

const answer = (status: number): HttpResult => ({
  kind: 'answer',
  status,
  retryAfter: undefined,
  body: '',
})

type Accepted = { readonly name: string; readonly bytes: string }

/** One reader; every third attempt is answered with 500, and answers come a turn later. */
function send(clock: SimulatedClock, log: Log, accepted: Accepted[]) {
  const ending = new AbortController()
  let nth = 0
  const deliver = async (notice: Notice): Promise<HttpResult> => {
    const status = nth++ % 3 === 1 ? 500 : 200
    await setImmediate()
    if (status === 200) {
      accepted.push({ name: `${notice.key} ${notice.seq}`, bytes: JSON.stringify(notice) })
    }
    return answer(status)
  }
  const { signal } = ending
  const parts = { log, receiver: 'noc', deliver, clock, random: prng(3), signal }
  const ended = runSend({ ...parts, count: () => undefined }).then(
    () => undefined,
    (error: unknown) => error,
  )
  return {
    ended,
    end: () => {
      ending.abort()
      return ended
    },
  }
}

/** How often each notice was accepted, by its name, after a crash at one call. */
async function runWith(crashAt: number, when: 'before' | 'after') {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  await createTopics(log, 2)
  await appendNotices(log, notices)
  const crashing = new CrashingLog(log, { crashAt, when })
  const accepted: Accepted[] = []
  let running = send(clock, crashing, accepted)
  let hasRestarted = false
  for (let turn = 0; turn < 400; turn++) {
    await setImmediate()
    if (turn % 8 === 0) clock.advance(500)
    if (!crashing.isDead || hasRestarted) continue
    assert.ok((await running.ended) instanceof Crash)
    hasRestarted = true
    running = send(clock, log, accepted)
  }
  assert.equal(await running.end(), undefined)
  const tolds = await toldsOf(log)
  return { accepted, tolds, callCount: crashing.callCount }
}

/** Per group: seqs in the order in which they were first accepted. */
const firstOrder = (accepted: readonly Accepted[]) =>
  Map.groupBy([...new Set(accepted.map(({ name }) => name))], (name) => name.split(' ')[0])

test('[A67] at whatever call send dies, all arrives; only what was in flight repeats', async () => {
  const whole = await runWith(Number.POSITIVE_INFINITY, 'before')
  assert.equal(whole.accepted.length, notices.length)

  for (const when of ['before', 'after'] as const) {
    for (let crashAt = 0; crashAt < whole.callCount; crashAt++) {
      const { accepted, tolds } = await runWith(crashAt, when)
      const at = `crash ${when} call ${crashAt}`
      const byName = Map.groupBy(accepted, ({ name }) => name)
      assert.equal(byName.size, notices.length, at)
      // Four groups at once: so much may have arrived without being known to have.
      assert.ok(accepted.length <= notices.length + 4, `${at}: ${accepted.length}`)
      for (const copies of byName.values()) {
        assert.equal(new Set(copies.map(({ bytes }) => bytes)).size, 1)
      }
      for (const names of firstOrder(accepted).values()) {
        assert.deepEqual(
          names.map((name) => name.split(' ')[1]),
          ['1', '2', '3', '4'],
        )
      }
      assert.equal(new Set(tolds.map(({ of }) => of)).size, notices.length, at)
    }
  }
})
