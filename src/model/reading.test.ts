import assert from 'node:assert/strict'
import { test } from 'node:test'

import { readingFields } from './reading.ts'

test('[F1] fields have one canonical order, first those that every fold reads', () => {
  const names = readingFields.map((field) => field.name)

  const first = 'v ts site stream session p n collector sampled src spread final'
  assert.equal(names.slice(0, 12).join(' '), first)
  assert.equal(names.at(-1), 'backlog')
  assert.equal(new Set(names).size, names.length)
  assert.deepEqual(
    readingFields.map((field) => field.rank),
    names.map((_, rank) => rank),
  )
})

test('[F1] only deltas and values of events are measures that cannot be negative', () => {
  const kindOf = new Map(readingFields.map((field) => [field.name, field.kind]))

  assert.equal(kindOf.get('retrans'), 'D')
  assert.equal(kindOf.get('ttfb_ms'), 'E')
  assert.equal(kindOf.get('rtt_ms'), 'G')
  assert.equal(kindOf.get('asn'), 'X')
})
