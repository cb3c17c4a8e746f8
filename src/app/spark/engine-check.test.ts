import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../config/load-config.ts'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { sparkMemory } from '../../spark/watch/remembered.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { prepareTopics } from '../log/open-log.ts'
import { otherEngine } from './engine-check.ts'

const CLUSTER = 'spark: { remote: "s:15002", checkpoints: /c }'

function configOf(aggregate: string) {
  const log = 'log: { kind: kafka, kafka: { brokers: ["k1:9092"] } }'
  const text = `version: 1\nsite: ams1\n${log}\naggregate: ${aggregate}`
  const loaded = loadConfig({ file: '/n.yaml', text, env: {} })
  assert.ok(loaded.ok)
  return loaded.config
}

test('[Z16] our own engine refuses to start while Spark has readings by the log', async () => {
  const clock = new SimulatedClock()
  const log = openMemoryLog({ clock })
  const [own, spark] = [configOf('{ engine: own }'), configOf(`{ engine: spark, ${CLUSTER} }`)]
  await prepareTopics(log, own)

  assert.equal(await otherEngine(log, own), undefined)
  await sparkMemory.claimEngine(log, clock.now())
  const refusal = await otherEngine(log, own)
  assert.equal(refusal?.code, 'AGGREGATE_ENGINE_DIFFERS')
  assert.equal(refusal.entry.exit, 4)
  assert.match(refusal.message, /Spark has had them since 2026-/)
  assert.equal(await otherEngine(log, spark), undefined)
  await sparkMemory.letGoOfEngine(log)
  assert.equal(await otherEngine(log, own), undefined)
})
