import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import type { Cells, Snapshot, Sites, Steps } from '../contract.ts'
import { LiveFeed } from './live-feed.ts'
import type { FeedSocket } from './live-queue.ts'

const cells: Cells = {
  now: 1,
  feed: 'live',
  roster: 1,
  states: '',
  marks: '',
  values: [],
  ages_ms: [],
  newest_at: null,
  lag_ms: null,
  heard: 0,
  hidden: 0,
}
const sites: Sites = {
  now: 1,
  sites: [],
  missing: [],
  log: { spool: null, one_copy: null, store: null },
}
const steps = (prev: number): Steps => ({ prev, steps: [], alerts: [], closed: [] })

/** A socket that keeps what it was given, and takes more only while it is told to. */
function socket() {
  const written: string[] = []
  const ends: string[] = []
  const on = { drain: () => {}, close: () => {} }
  const state = { takes: true }
  const end: FeedSocket = {
    write(text) {
      written.push(text)
      return state.takes
    },
    onDrain: (resume) => (on.drain = resume),
    onClose: (gone) => (on.close = gone),
    end: () => ends.push('end'),
    destroy: () => ends.push('destroy'),
  }
  /** Names of the events that were written, with their ids. */
  const events = () =>
    [...written.join('').matchAll(/event: (\w+)(?:\nid: (\S+))?/g)].map(([, name, id]) =>
      id === undefined ? name : `${name} ${id}`,
    )
  return { end, written, ends, on, state, events }
}

function liveFeed(clientsMax = 10) {
  const clock = new SimulatedClock()
  const counted: string[] = []
  const feed = new LiveFeed({
    clock,
    epoch: 'e',
    jitter: () => 0.5,
    clientsMax,
    count: (what, reason) => counted.push(`${what}:${reason}`),
    hello: () => ({ epoch: 'e', now: clock.now(), build: 'b', you: 'noc' }),
    snapshot: (as_of, steps_seq): Snapshot => ({
      as_of,
      steps_seq,
      cells,
      sites,
      alerts: [],
      recent: [],
      roster: { version: 1, streams: [], scopes: [], value_names: [], simulated: [] },
    }),
  })
  return { clock, feed, counted }
}

test('[U14] a feed begins with hello, a spread retry, reset and the snapshot', () => {
  const { feed } = liveFeed()
  feed.publish('cells', cells)
  const one = socket()

  feed.open(one.end, undefined)

  assert.deepEqual(one.events(), ['hello', 'reset', 'snapshot e.1'])
  assert.match(one.written[0] ?? '', /^retry: 2500\n/)
  assert.match(one.written.join(''), /"why":"start"/)
})

test('[U15] a client that comes back gets every step and the newest of each picture', () => {
  const { feed } = liveFeed()
  feed.publish('steps', steps(0))
  for (const prev of [1, 4]) {
    feed.publish('cells', cells)
    feed.publish('sites', sites)
    feed.publish('steps', steps(prev))
  }
  const one = socket()

  feed.open(one.end, 'e.1')

  const names = ['hello', 'steps e.4', 'cells e.5', 'sites e.6', 'steps e.7']
  assert.deepEqual(one.events(), names)
  assert.equal(feed.stepsSeq, 7)
})

test('[U15] who was away longer than the ring, or comes from another epoch, gets a reset', () => {
  const { feed, clock } = liveFeed()
  const cases = [
    ['e.1', 'ring'],
    ['other.3', 'epoch'],
    ['e.99', 'epoch'],
    ['nonsense', 'epoch'],
  ] as const
  feed.publish('steps', steps(0))
  feed.publish('steps', steps(1))
  clock.advance(60_001)
  feed.publish('cells', cells)
  for (const [id, why] of cases) {
    const one = socket()
    feed.open(one.end, id)
    assert.match(one.written.join(''), new RegExp(`"why":"${why}"`), id)
    assert.equal(one.events().at(-1), 'snapshot e.3')
  }
})

test('[U16] pictures coalesce for a slow client and steps never do', () => {
  const { feed } = liveFeed()
  const one = socket()
  feed.open(one.end, undefined)
  one.state.takes = false
  feed.publish('cells', cells)
  for (let i = 0; i < 5; i++) {
    feed.publish('cells', cells)
    feed.publish('steps', steps(0))
  }
  one.state.takes = true

  one.on.drain()

  const late = one.events().slice(4)
  assert.deepEqual(late, [
    'steps e.3',
    'steps e.5',
    'steps e.7',
    'steps e.9',
    'cells e.10',
    'steps e.11',
  ])
})

test('[U16] a client that lets a thousand steps wait is reset', () => {
  const { feed, counted } = liveFeed()
  const one = socket()
  feed.open(one.end, undefined)
  one.state.takes = false
  for (let i = 0; i < 1_002; i++) feed.publish('steps', steps(i))

  assert.deepEqual(counted, ['feed_reset:overflow'])
  assert.match(one.written.join(''), /"why":"overflow"/)
})

test('[U16] a socket that takes nothing for 30 s is cut, others are not', () => {
  const { feed, clock, counted } = liveFeed()
  const [slow, quick] = [socket(), socket()]
  feed.open(slow.end, undefined)
  feed.open(quick.end, undefined)
  slow.state.takes = false
  feed.publish('cells', cells)

  clock.advance(29_999)
  feed.tick()
  assert.deepEqual(slow.ends, [])
  clock.advance(1)
  feed.tick()

  assert.deepEqual(slow.ends, ['destroy'])
  assert.deepEqual(quick.ends, [])
  assert.deepEqual(counted, ['feed_cut:stalled'])
  assert.equal(feed.clientCount, 1)
})

test('[D5] clients beyond the bound are refused and counted', () => {
  const { feed, counted } = liveFeed(1)
  assert.equal(feed.open(socket().end, undefined), true)
  assert.equal(feed.open(socket().end, undefined), false)

  assert.deepEqual(counted, ['feed_refused:clients'])
})

test('[U15] after a restoration every client gets the whole picture, and nobody resumes', () => {
  const { feed } = liveFeed()
  const one = socket()
  feed.open(one.end, undefined)
  feed.publish('steps', steps(0))

  feed.restart()
  const two = socket()
  feed.open(two.end, 'e.0')

  assert.deepEqual(one.events().slice(-3), ['steps e.1', 'reset', 'snapshot e.1'])
  assert.match(two.written.join(''), /"why":"ring"/)
})

test('[U14] closing says bye and lets nobody in', () => {
  const { feed } = liveFeed()
  const one = socket()
  feed.open(one.end, undefined)
  feed.tick()

  feed.close()

  assert.equal(one.events().at(-1), 'bye')
  assert.deepEqual(one.ends, ['end'])
  assert.equal(feed.open(socket().end, undefined), false)
})
