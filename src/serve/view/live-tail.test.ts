import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { utf8 } from '../../std/bytes.ts'
import { Lane } from '../../std/lane.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { encodeWatermark } from '../../wire/watermark-codec.ts'
import { tailLogs } from './live-tail.ts'
import { LiveView } from './live-view.ts'

const keep = {
  cleanup: 'delete',
  retentionMs: -1,
  retentionBytes: -1,
  durability: 'ack',
  recordBytesMax: 65_536,
} as const

async function craft() {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  for (const topic of ['windows', 'transitions', 'panes']) {
    await log.createTopic({ topic, partitions: 2, ...keep })
  }
  const view = new LiveView({ monitors: [], simulatedSites: [] })
  const counted: string[] = []
  const lives: string[] = []
  const tail = (signal: AbortSignal) =>
    tailLogs(
      {
        log,
        view,
        clock,
        lane: new Lane(clock),
        onSteps: () => {},
        onLive: () => lives.push(view.feed),
        count: (what, reason) => counted.push(`${what}:${reason}`),
      },
      signal,
    )
  return { log, clock, view, counted, lives, tail }
}

const until = async (is: () => boolean): Promise<void> => {
  while (!is()) await new Promise(setImmediate)
}

test('[U2] the view is live once every step that was there is folded', async () => {
  const { log, view, counted, lives, tail } = await craft()
  const bad = { value: utf8('{"v":1}') }
  await log.append('transitions', [
    { ...bad, partition: 0 },
    { ...bad, partition: 1 },
  ])
  const stop = new AbortController()
  assert.equal(view.feed, 'restoring')

  const tailing = tail(stop.signal)
  await until(() => view.feed === 'live')
  await log.append('transitions', [{ ...bad, partition: 0 }])
  await until(() => counted.length === 3)
  stop.abort()
  await tailing

  assert.deepEqual(lives, ['live'])
  assert.equal(counted[0], 'view_rejected_transitions:shape')
})

test('[P6] a site lives by its watermarks in the first partition of panes', async () => {
  const { log, clock, view, tail } = await craft()
  const stop = new AbortController()
  const tailing = tail(stop.signal)
  await until(() => view.feed === 'live')
  await new Promise(setImmediate)
  const value = encodeWatermark({
    v: 1,
    site: 'ams1',
    partition: 3,
    of: 4,
    watermark: clock.now() - 900,
    rows: 5,
    late: 0,
    skewed: 0,
    rejected: 0,
    at: clock.now(),
  })

  await log.append('panes', [
    { value, partition: 0 },
    { value, partition: 1 },
  ])
  await until(() => view.pulse(clock.now()).sites.sites.length === 1)
  stop.abort()
  await tailing

  const [site] = view.pulse(clock.now()).sites.sites
  assert.deepEqual([site?.site, site?.state, site?.lag_ms], ['ams1', 'up', 900])
})

test('[U2] a log that cannot be read leaves the view broken, and the reason goes up', async () => {
  const { log, view, tail } = await craft()
  await log.close()

  await assert.rejects(tail(new AbortController().signal), /LOG_CLOSED|closed/)
  assert.equal(view.feed, 'broken')
})
