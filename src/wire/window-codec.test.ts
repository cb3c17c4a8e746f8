import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

import type { WindowResult } from '../model/window-result.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import { decodeWindow, encodeWindow, windowFrame } from './window-codec.ts'

const window: WindowResult = {
  v: 1,
  id: 'ams1|tcp-retransmits|["arena-1","ams1-e2"]|1795383160000',
  scope: 'ams1',
  monitor: 'tcp-retransmits',
  definition: '8c1f000000000000',
  group: { stream: 'arena-1', pop: 'ams1-e2' },
  start: 1_795_383_150_000,
  end: 1_795_383_160_000,
  rev: 1_687_561,
  closed: true,
  rows: 412,
  values: { retrans: 431, conns: 41, loss: 0.0252 },
  sources: { expected: 4, reported: 4, missing: [] },
  complete: true,
  corrected: false,
  receipt: { event: 1_795_383_159_871, read: null, pane: 1_795_383_159_912, closed: null },
}

test('[V4] a window is read back as it was written, under the id of its group and end', () => {
  const frame = windowFrame({ ...window, group: ['arena-1', 'ams1-e2'], named: window.group })

  assert.deepEqual(decodeWindow(encodeWindow(window)), { ok: true, window })
  assert.equal(`${frame.idPrefix}${window.end}`, window.id)
  assert.equal(utf8Text(frame.key), 'tcp-retransmits\0["arena-1","ams1-e2"]')
})

test('a frame makes the bytes of JSON.stringify, whatever names and numbers are in it', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  const instant = fc.option(fc.integer())
  const any = fc.record({
    scope: name,
    group: fc.array(fc.option(name), { maxLength: 3 }),
    values: fc.dictionary(name, fc.double({ noNaN: true, noDefaultInfinity: true })),
    stderr: fc.option(fc.dictionary(name, fc.double({ min: 0, max: 1e9, noNaN: true }))),
    missing: fc.array(name, { maxLength: 3 }),
    end: fc.integer(),
    rev: fc.maxSafeNat(),
    closed: fc.boolean(),
    receipt: fc.record({ event: instant, read: instant, pane: instant, closed: instant }),
  })
  fc.assert(
    fc.property(any, ({ scope, group, missing, end, values, stderr, ...more }) => {
      const named = Object.fromEntries(group.map((value, i) => [`g"${i}`, value ?? '-']))
      const frame = windowFrame({ ...window, scope, group, named })
      const sources = { expected: 4, reported: 3, missing }
      const id = `${frame.idPrefix}${end}`
      const { start, v, monitor, definition } = window
      const { rev, closed, receipt } = more
      const made: WindowResult = {
        ...{ v, id, scope, monitor, definition, group: named, start, end, rev, closed },
        ...{ rows: 7, values, ...(stderr === null ? {} : { stderr }), sources },
        ...{ complete: false, corrected: true, receipt },
      }

      assert.equal(utf8Text(encodeWindow(made, frame)), JSON.stringify(made))
    }),
  )
})

test('a window that lacks any property, or has an infinite value, is refused as shape', () => {
  for (const name of Object.keys(window)) {
    const { [name]: _, ...rest } = Object.fromEntries(Object.entries(window))

    assert.deepEqual(decodeWindow(utf8(JSON.stringify(rest))), { ok: false, reason: 'shape' })
  }
  const text = JSON.stringify(window).replace('0.0252', '1e999')

  assert.deepEqual(decodeWindow(utf8(text)), { ok: false, reason: 'shape' })
})

test('[S5] a window of a sample says its standard errors by name, any other says none', () => {
  const sampled = { ...window, stderr: { retrans: 38.1, conns: 0 } }

  assert.deepEqual(decodeWindow(encodeWindow(sampled)), { ok: true, window: sampled })
  assert.equal(utf8Text(encodeWindow(window)).includes('stderr'), false)
  const text = JSON.stringify(sampled).replace('38.1', 'null')
  assert.deepEqual(decodeWindow(utf8(text)), { ok: false, reason: 'shape' })
})

test('any bytes are a window or are refused with a reason', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.equal(decodeWindow(bytes).ok, false)
    }),
  )
  assert.deepEqual(decodeWindow(Uint8Array.of(0xff)), { ok: false, reason: 'bytes' })
  assert.deepEqual(decodeWindow(utf8('{')), { ok: false, reason: 'json' })
})
