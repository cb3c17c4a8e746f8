import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import { topicSpec } from '../log/suite/log-rig.suite.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { CommandTail } from './command-tail.ts'

test('[R4] whoever waits for a command that never comes is let go at the end', async () => {
  const log = openMemoryLog({ clock: new SimulatedClock() })
  await log.createTopic(topicSpec({ topic: 'commands' }))
  const ending = new AbortController()
  const tail = new CommandTail(log, 0)
  const running = tail.run(ending.signal)
  let isOver = false

  const taking = tail.take(0, 5, ending.signal).finally(() => (isOver = true))
  await setImmediate()
  const wasOver = isOver
  ending.abort()

  await assert.rejects(taking)
  await running
  assert.equal(wasOver, false)
})
