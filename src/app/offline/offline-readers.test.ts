import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { utf8 } from '../../std/bytes.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { createTopics } from '../create-topics.ts'
import { OfflineReaders } from './offline-readers.ts'

test('[R25] who waits for readers that have ended waits no longer', async () => {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  const retention = () => ({ ms: -1, bytes: -1 })
  await createTopics(log, { partitions: 1, durability: 'ack', retention })
  await log.append('panes', [{ value: utf8('one that nobody reads'), partition: 0 }])
  const config = { site: 's', monitors: [], skewMs: 0, absentMs: 60_000 }
  const stop = new AbortController()
  const readers = new OfflineReaders({ log, clock, config, partitions: 1 }, [], stop.signal)

  let isWaiting = true
  const waiting = readers.caughtUp().then(() => {
    isWaiting = false
  })
  await clock.advance(1000)
  assert.equal(isWaiting, true)
  stop.abort()

  await waiting
  await readers.done()
})
