import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configErrorText } from '../config-error.ts'
import { loadConfig } from '../load-config.ts'

const monitor = (id: string, size: string) => `
  - id: ${id}
    group_by: [stream]
    window: { size: ${size}, lateness: 2s }
    aggregates: { rows: { count: rows } }`

const text = (engine: string, monitors: string) => `version: 1
log: { kind: kafka, kafka: { brokers: ["k:9092"] } }
aggregate:
  engine: ${engine}
  spark: { remote: "127.0.0.1:15002", checkpoints: /c }
monitors:${monitors}
`

const load = (engine: string, monitors: string, env = {}) =>
  loadConfig({ text: text(engine, monitors), file: 'n.yaml', env })

test('[Z6] [R6] a monitor that Spark cannot run refuses the file, at its own line', () => {
  const loaded = load('spark', monitor('seven', '7s') + monitor('eleven', '11s'))

  assert.ok(!loaded.ok)
  assert.equal(loaded.errors.length, 1)
  assert.match(
    configErrorText(loaded.errors[0]!),
    /^n\.yaml:11:9 monitors\[1\]\.id: its slices of 11000 ms .* 77000 ms; choose sizes/,
  )
})

test('[Z6] what Spark does otherwise is noted beside its section', () => {
  const loaded = load('spark', monitor('ten', '10s'))

  assert.ok(loaded.ok)
  const notes = loaded.notes.map(configErrorText)
  assert.ok(notes.length >= 3)
  assert.ok(notes.every((note) => note.startsWith('n.yaml:5:3 aggregate.spark: ')))
  assert.match(notes.join('\n'), /folded twice/)
})

test('[Z6] nobody asks Spark where our own engine folds', () => {
  const own = { NOCTURNE_AGGREGATE_ENGINE: 'own' }
  const loaded = load('spark', monitor('seven', '7s') + monitor('eleven', '11s'), own)

  assert.ok(loaded.ok)
  assert.deepEqual(loaded.notes, [])
})
