import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { prng } from '../std/prng.ts'
import { decodePane, encodePane, paneKey } from './pane-codec.ts'
import { PaneCursor } from './pane-cursor.ts'

const instant = fc.integer({ min: -(2 ** 45), max: 2 ** 45 })
const state = fc.record(
  {
    kind: fc.nat({ max: 255 }),
    version: fc.nat({ max: 255 }),
    payload: fc.uint8Array({ maxLength: 40 }),
  },
  { noNullPrototype: true },
)
const anyPane = fc.record({
  monitor: fc.constant('m'),
  group: fc.constant(['s']),
  definition: fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((n) => n.toString(16).padStart(16, '0')),
  site: fc.string({ unit: 'grapheme', maxLength: 20 }),
  partition: fc.nat(),
  start: instant,
  length: fc.integer({ min: 1, max: 2 ** 40 }),
  rev: fc.nat(),
  late: fc.nat(),
  closed: fc.boolean(),
  endless: fc.boolean(),
  spread: fc.boolean(),
  sampled: fc.boolean(),
  inexact: fc.boolean(),
  eventMax: instant,
  readAt: instant,
  appendedMax: instant,
  states: fc.array(state, { maxLength: 8 }),
})

/** What a cursor says, as `decodePane` says it. */
function told(cursor: PaneCursor) {
  const { bytes, siteStart, siteLength, stateCount } = cursor
  const hex = (half: number) => half.toString(16).padStart(8, '0')
  return {
    definition: hex(cursor.definitionHigh) + hex(cursor.definitionLow),
    site: Buffer.from(bytes.subarray(siteStart, siteStart + siteLength)).toString(),
    partition: cursor.partition,
    start: cursor.start,
    length: cursor.length,
    rev: cursor.rev,
    late: cursor.late,
    closed: cursor.closed,
    endless: cursor.endless,
    sampled: cursor.sampled,
    eventMax: cursor.eventMax,
    readAt: cursor.readAt,
    appendedMax: cursor.appendedMax,
    states: Array.from({ length: stateCount }, (_, i) => {
      const start = cursor.payloadStarts[i]!
      const payload = bytes.slice(start, start + cursor.payloadLengths[i]!)
      return { kind: cursor.kinds[i], version: cursor.versions[i], payload }
    }),
  }
}

test('[P1] a cursor says of a pane what decoding it says, wherever it lies', () => {
  const cursor = new PaneCursor()
  fc.assert(
    fc.property(anyPane, fc.nat(20), (pane, before) => {
      const value = encodePane(pane)
      const bytes = new Uint8Array(before + value.length + 5)
      bytes.set(value, before)

      assert.ok(cursor.read({ bytes, start: before, length: value.length }))
      const said = told(cursor)
      const expected = Object.keys(said).map((name) => pane[name as keyof typeof said])
      assert.deepEqual(Object.values(said), expected)
    }),
  )
})

test('a cursor reads exactly the values that are panes', () => {
  const cursor = new PaneCursor()
  const random = prng(7)
  const key = paneKey('m', ['s'])
  let read = 0
  fc.assert(
    fc.property(anyPane, (pane) => {
      const value = encodePane({ ...pane, site: 'ams1' })
      for (let i = 0; i < 30; i++) {
        const changed = value.slice()
        changed[random.below(changed.length)] = random.below(256)
        const cut = random.below(3) === 0 ? random.below(changed.length + 1) : changed.length
        const isRead = cursor.read({ bytes: changed, start: 0, length: cut })
        const decoded = decodePane({ key, value: changed.subarray(0, cut) })
        // A site that is no text is found where it is looked up, not here.
        if (isRead && decoded === undefined) assert.match(told(cursor).site, /�/)
        else assert.equal(isRead, decoded !== undefined)
        if (isRead) read++
      }
    }),
    { numRuns: 200 },
  )
  assert.ok(read > 500)
})
