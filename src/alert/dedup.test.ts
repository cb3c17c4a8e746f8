import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dedup, type DedupFacts, type OpenAlert } from './dedup.ts'

const open = (episode: string, more: Partial<OpenAlert> = {}): OpenAlert => ({
  episode,
  level: 'warning',
  isAcked: false,
  isAckExpired: false,
  ...more,
})
const told = (...episodes: readonly string[]) => ({
  open: new Map(episodes.map((episode) => [episode, 'warning' as const])),
  plannedAt: 1000,
})
const acked = { isAcked: true }

const cases: readonly (readonly [string, Partial<DedupFacts>, string])[] = [
  ['a first alert', { open: [open('a')] }, 'first'],
  ['one that was over before anybody was told', { resolved: ['a'] }, 'over_before_told'],
  ['one that was acked before anybody was told', { open: [open('a', acked)] }, 'acked'],
  ['the same again', { last: told('a'), open: [open('a')] }, 'nothing_new'],
  ['one more', { last: told('a'), open: [open('a'), open('b')] }, 'new_alerts'],
  [
    'one more that is acked',
    { last: told('a'), open: [open('a'), open('b', acked)] },
    'nothing_new',
  ],
  ['one that got worse', { last: told('a'), open: [open('a', { level: 'critical' })] }, 'raised'],
  [
    'one that is acked and got worse',
    { last: told('a'), open: [open('a', { ...acked, level: 'critical' })] },
    'raised',
  ],
  ['one that got better', { last: told('a'), open: [open('a', { level: 'info' })] }, 'nothing_new'],
  [
    'one of two that ended',
    { last: told('a', 'b'), open: [open('a')], resolved: ['b'] },
    'some_resolved',
  ],
  ['the last that ended', { last: told('a'), resolved: ['a'] }, 'all_resolved'],
  [
    'an acked one that ended',
    { last: told('a', 'b'), open: [open('b', acked)], resolved: ['a'] },
    'some_resolved',
  ],
  [
    'an end that nobody was owed',
    { last: told('a'), open: [open('a')], resolved: ['b'] },
    'nothing_new',
  ],
  [
    'an end for a receiver without ends',
    { last: told('a'), resolved: ['a'], sendResolved: false },
    'nothing_new',
  ],
  [
    'an ack that ran out',
    { last: told('a'), open: [open('a', { isAckExpired: true })] },
    'unacked',
  ],
  [
    'a reminder before its time',
    { last: told('a'), open: [open('a')], now: 15_399 },
    'nothing_new',
  ],
  ['a reminder at its time', { last: told('a'), open: [open('a')], now: 15_400 }, 'repeat'],
  [
    'a reminder of what is acked',
    { last: told('a'), open: [open('a', acked)], now: 15_400 },
    'acked',
  ],
]

for (const [title, given, reason] of cases) {
  test(`[A62] ${title}: ${reason}`, () => {
    const facts = {
      open: [],
      resolved: [],
      now: 2000,
      repeatMs: 14_400,
      sendResolved: true,
      ...given,
    }

    assert.equal(dedup(facts).reason, reason)
  })
}
