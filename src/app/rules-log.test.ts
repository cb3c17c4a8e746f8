import assert from 'node:assert/strict'
import { test } from 'node:test'
import { above, monitor, rule } from '../../test/rig/monitor.ts'
import { RulesInForce } from '../evaluate/rules-in-force.ts'
import { readToEnd, type Log } from '../log/log.ts'
import { openMemoryLog } from '../log/memory/memory-log.ts'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { decodeCommand } from '../wire/command-codec.ts'
import { createTopics } from './create-topics.ts'
import { askForRules } from './rules-log.ts'

const BY = { at: 1_795_383_150_000, by: 'config' }
const watching = (id: string, thresholds: readonly number[]) => ({
  ...monitor({
    rules: thresholds.map((value, i) =>
      rule({ alert: `High${i}`, levels: [{ severity: 'warning', when: above('sum', value) }] }),
    ),
  }),
  id,
})

async function freshLog(): Promise<Log> {
  const log = openMemoryLog({ clock: new SimulatedClock() })
  const retention = () => ({ ms: -1, bytes: -1 })
  await createTopics(log, { partitions: 1, durability: 'ack', retention })
  return log
}

async function commandsIn(log: Log) {
  const commands = []
  for await (const { values, count } of readToEnd(log, { topic: 'commands', partition: 0 })) {
    for (let row = 0; row < count; row++) {
      const start = values.starts[row]!
      const decoded = decodeCommand(values.bytes.slice(start, start + values.lengths[row]!))
      assert.ok(decoded.ok && decoded.command.kind === 'rules')
      commands.push(decoded.command)
    }
  }
  return commands
}

test('[A75] only monitors that are not in force by the log are asked for', async () => {
  const log = await freshLog()
  const [a, b] = [watching('a', [10]), watching('b', [20])]

  assert.deepEqual(await askForRules(log, [a, b], BY), { changed: ['a', 'b'], gone: [] })
  assert.deepEqual(await askForRules(log, [a, b], BY), { changed: [], gone: [] })
  const raised = watching('b', [30])
  assert.deepEqual(await askForRules(log, [raised], BY), { changed: ['b'], gone: ['a'] })
  assert.deepEqual(await askForRules(log, [raised], BY), { changed: [], gone: [] })

  const targets = (await commandsIn(log)).map(({ target, monitor: spec }) => [
    target,
    spec !== null,
  ])
  assert.deepEqual(targets, [
    ['a', true],
    ['b', true],
    ['b', true],
    ['a', false],
  ])
})

test('[A75] ten thousand rules travel in parts and come out as they were', async () => {
  const log = await freshLog()
  const many = watching(
    'many',
    Array.from({ length: 10_000 }, (_, i) => i),
  )

  await askForRules(log, [many], BY)

  const commands = await commandsIn(log)
  const inForce = new RulesInForce([])
  const changes = commands.map((command) => inForce.apply(command))
  assert.ok(commands.length > 1)
  assert.deepEqual(changes, [...Array(commands.length - 1).fill(false), true])
  assert.deepEqual(inForce.monitors, [many])
})
