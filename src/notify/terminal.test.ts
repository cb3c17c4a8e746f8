import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Notice } from '../model/notice.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { alertOf, noticeOf, stepOf } from './notify-records.suite.ts'
import { terminalDelivery } from './terminal.ts'

const now = Date.UTC(2026, 10, 22, 21, 4, 11)
const firing = stepOf({ alert: 7, seq: 2, step: 'firing', activeAt: now - 3_200 })
const notice: Notice = {
  ...noticeOf({ group: 1, seq: 1, plannedAt: now }),
  steps: [firing.id],
  alerts: [alertOf(firing)],
}

/** What delivering writes, without colours unless asked for. */
async function written(told: Notice, isColored = false): Promise<string> {
  let all = ''
  const write = (text: string) => {
    all += text
  }
  await terminalDelivery({ write, clock: new SimulatedClock(now), isColored })(told)
  return all
}

test('a line has time, shape and severity, alert, labels, summary, and how long ago', async () => {
  assert.equal(
    await written(notice),
    '21:04:11  ◆ CRITICAL  RetransmitsHigh  site=ams1 stream=arena-7' +
      '  431 retransmits on arena-7  (3.2 s ago)\n',
  )
})

test('an end says so, a repeat says still, and what nothing happened to is not shown', async () => {
  const other = stepOf({ alert: 8, seq: 2, step: 'firing', activeAt: now - 600_000, level: 'info' })
  const over = alertOf(stepOf({ alert: 7, seq: 3, step: 'resolved', activeAt: now - 3_200 }))
  const both = { ...notice, steps: [`${over.episode}-3`], alerts: [over, alertOf(other)] }

  assert.match(await written(both), /^21:04:11  ✓ RESOLVED  RetransmitsHigh [^\n]*\n$/)
  const repeat = await written({
    ...both,
    alerts: [alertOf(other)],
    reason: 'repeat',
    truncated: 3,
  })
  assert.match(repeat, /● INFO      still RetransmitsHigh .*\(10 min ago\)\n +and 3 more\n$/)
})

test('control characters and turned writing are escaped', async () => {
  const labels = { stream: 'a\u001b[2Jb\nc\u202ed' }
  const step = stepOf({ alert: 7, seq: 2, step: 'firing', activeAt: now, labels })
  const text = await written({ ...notice, alerts: [alertOf(step)], steps: [step.id] })

  assert.match(text, /stream=a\\u\{1b\}\[2Jb\\u\{a\}c\\u\{202e\}d/)
  assert.equal(text.split('\n').length, 2)
})

test('colour marks the severity only where it was asked for', async () => {
  assert.match(await written(notice, true), /\u001b\[31;1m◆ CRITICAL\u001b\[0m/)
  assert.doesNotMatch(await written(notice), /\u001b/)
})
