import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engineNote } from './engine-note.ts'

const spark = { name: 'spark', state: 'running', age_ms: 40_000, says: null } as const

test('[U21] a query that runs is a word, one that does not says since when and why', () => {
  const failed = { ...spark, state: 'failed', says: 'the cluster refuses the token' } as const

  assert.deepEqual(engineNote(spark), { word: 'Spark', more: '', isDue: false })
  const says = 'batch 0.6 s, 1,500 rows/s, 40 states'
  assert.deepEqual(engineNote({ ...spark, says }), { word: 'Spark', more: says, isDue: false })
  assert.deepEqual(engineNote(failed), {
    word: 'Spark query failed',
    more: '40 s: the cluster refuses the token',
    isDue: true,
  })
})

test('[U21] a query may take a minute to begin', () => {
  const starting = { ...spark, state: 'starting' } as const

  assert.equal(engineNote(starting).isDue, false)
  assert.equal(engineNote({ ...starting, age_ms: 60_000 }).isDue, true)
})

test('[U12] [U21] what a cluster says is shown as text, and not all of it', () => {
  const { more } = engineNote({ ...spark, state: 'backoff', says: `\u202e${'x'.repeat(500)}` })

  assert.ok(!more.includes('\u202e'))
  assert.ok(more.length < 220)
})
