import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

import type { Pane } from '../model/pane.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import { decodePane, decodePanesRecord, encodePane, paneKey, watermarkKey } from './pane-codec.ts'
import { encodeClock, encodeWatermark } from './watermark-codec.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const count = fc.maxSafeNat()
const instant = fc.integer({ min: -(2 ** 45), max: 2 ** 45 })
const hex16 = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((n) => n.toString(16).padStart(16, '0'))
const state = fc.record(
  {
    kind: fc.nat({ max: 255 }),
    version: fc.nat({ max: 255 }),
    payload: fc.uint8Array({ maxLength: 40 }),
  },
  { noNullPrototype: true },
)

const anyPane: fc.Arbitrary<Pane> = fc.record(
  {
    monitor: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
    group: fc.array(fc.option(text), { maxLength: 4 }),
    definition: hex16,
    site: text,
    partition: fc.nat(),
    start: instant,
    length: fc.integer({ min: 1, max: 2 ** 40 }),
    rev: count,
    late: count,
    closed: fc.boolean(),
    endless: fc.boolean(),
    spread: fc.boolean(),
    sampled: fc.boolean(),
    inexact: fc.boolean(),
    eventMax: instant,
    readAt: instant,
    appendedMax: instant,
    states: fc.array(state, { maxLength: 8 }),
  },
  { noNullPrototype: true },
)

const bytesOf = (pane: Pane) => ({
  key: paneKey(pane.monitor, pane.group),
  value: encodePane(pane),
})

const json = (value: object) => ({ value: utf8(JSON.stringify(value)) })

test('[P1] a pane is read back as it was written, identity and revision included', () => {
  fc.assert(
    fc.property(anyPane, (pane) => {
      assert.deepEqual(decodePane(bytesOf(pane)), pane)
      assert.deepEqual(decodePanesRecord(bytesOf(pane)), { kind: 'pane', pane })
    }),
  )
})

test('any bytes are a record of panes or are rejected with a reason', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), fc.nat({ max: 3 }), (key, tail, version) => {
      const value = version > 0 ? Uint8Array.of(0x50, version, 0, ...tail) : tail

      assert.ok(['pane', 'rejected'].includes(decodePanesRecord({ key, value }).kind))
    }),
  )
})

test('a pane that was cut short or has bytes behind its end is rejected', () => {
  fc.assert(
    fc.property(anyPane, fc.double({ min: 0, max: 1, maxExcluded: true }), (pane, share) => {
      const { key, value } = bytesOf(pane)
      const cut = value.subarray(0, Math.floor(share * value.length))
      const grown = Uint8Array.of(...value, 0)

      assert.equal(decodePane({ key, value: cut }), undefined)
      assert.deepEqual(decodePanesRecord({ key, value: grown }), {
        kind: 'rejected',
        reason: 'pane',
      })
    }),
  )
})

test('a pane of a newer version is rejected by name, and so is one without a key', () => {
  const [pane] = fc.sample(anyPane, { seed: 1, numRuns: 1 })
  const { key, value } = bytesOf(pane!)
  const newer = value.with(1, 3)

  assert.deepEqual(decodePanesRecord({ key, value: newer }), {
    kind: 'rejected',
    reason: 'version',
  })
  assert.deepEqual(decodePanesRecord({ value }), { kind: 'rejected', reason: 'key' })
  assert.deepEqual(decodePanesRecord({ key }), { kind: 'rejected', reason: 'empty' })
})

test('[P1] a pane of version 1 is read, its rows taken to be appended when they were read', () => {
  const key = paneKey('m', ['arena-1', null])
  const value = Uint8Array.fromHex(
    '5001058c1f00a2b3c4d5e604616d733102e096e6d2c068e8079c0303c80fd80f01010102b806',
  )

  assert.deepEqual(decodePane({ key, value }), {
    monitor: 'm',
    group: ['arena-1', null],
    definition: '8c1f00a2b3c4d5e6',
    site: 'ams1',
    partition: 2,
    start: 1_795_383_150_000,
    length: 1000,
    rev: 412,
    late: 3,
    closed: true,
    endless: false,
    spread: false,
    sampled: true,
    inexact: false,
    eventMax: 1_795_383_150_996,
    readAt: 1_795_383_151_004,
    appendedMax: 1_795_383_151_004,
    states: [{ kind: 1, version: 1, payload: Uint8Array.of(0xb8, 0x06) }],
  })
})

test('[P1] the key of a pane is its monitor and group, with null for what is absent', () => {
  assert.equal(
    utf8Text(paneKey('tcp-retransmits', ['arena-1', null])),
    'tcp-retransmits\0["arena-1",null]',
  )
})

test('[P6] a watermark record is read back, and its counts may lack', () => {
  const watermark = {
    v: 1,
    site: 'ams1',
    partition: 2,
    of: 4,
    watermark: 1_795_383_157_516,
    rows: 99_120,
    late: 3,
    skewed: 0,
    rejected: 1,
    at: 1_795_383_157_530,
  } as const
  const { rows: _rows, late: _late, rejected: _rejected, skewed: _skewed, ...bare } = watermark

  assert.deepEqual(decodePanesRecord({ value: encodeWatermark(watermark) }), {
    kind: 'watermark',
    watermark,
  })
  assert.deepEqual(decodePanesRecord(json(bare)), {
    kind: 'watermark',
    watermark: { ...bare, rows: 0, late: 0, skewed: 0, rejected: 0 },
  })
  assert.equal(utf8Text(watermarkKey('ams1', 2)), '\0ams1\x002')
})

test('a clock record is told apart from a watermark', () => {
  const clock = {
    v: 1,
    site: 'clock',
    partition: 0,
    epoch: 3,
    commands_to: 17,
    at: 1_795_383_157_530,
  } as const

  assert.deepEqual(decodePanesRecord({ value: encodeClock(clock) }), { kind: 'clock', clock })
})
