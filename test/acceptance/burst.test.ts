import assert from 'node:assert/strict'
import test from 'node:test'
import { readToEnd } from '../../src/log/log.ts'
import { bytesOf } from '../../src/model/record-columns.ts'
import { decodeTransition } from '../../src/wire/step-codec.ts'
import { above, monitor, rule } from '../rig/monitor.ts'
import { OnePartition } from '../rig/one-partition.ts'

const TRANSITIONS = { topic: 'transitions', partition: 0 }
const STREAMS = 3500
const RECORDS_PER_APPEND_MAX = 2000

test('[D5] [A33] steps of thousands of streams leave in portions and in order', async () => {
  const window = { sizeMs: 1000, hopMs: 1000, latenessMs: 0, emitMs: 200, correctionMs: 0 }
  const high = rule({ alert: 'High', levels: [{ severity: 'critical', when: above('sum', 5) }] })
  const world = new OnePartition([monitor({ window, rules: [high] })])
  await world.open()
  const second = (ms: number, x: number) =>
    Array.from({ length: STREAMS }, (_, i) => ({ ms, stream: `s${i}`, session: 'v', x }))
  await world.rows([...second(500, 9), ...second(1500, 1), { ms: 9000, stream: '-', src: 'beat' }])

  await world.evaluate('at the end')

  const said = new Map<string, string[]>()
  for await (const { count, values } of readToEnd(world.log, TRANSITIONS)) {
    for (let row = 0; row < count; row++) {
      const read = decodeTransition(bytesOf(values, row))
      assert.ok(read.ok && read.record.kind !== 'notice')
      const { fingerprint, step } = read.record
      said.set(fingerprint, [...(said.get(fingerprint) ?? []), step])
    }
  }
  await world.close()
  assert.equal(said.size, STREAMS)
  for (const steps of said.values()) assert.deepEqual(steps, ['firing', 'resolved'])
  for (const { topic, count } of world.appends) assert.ok(count <= RECORDS_PER_APPEND_MAX, topic)
})
