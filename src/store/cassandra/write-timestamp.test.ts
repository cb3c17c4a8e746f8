import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { writeTimestampNs } from './write-timestamp.ts'

const HOUR_NS = 3_600_000_000_000n
const END_AT = 1_795_383_150_000
/** A revision as it is made: rows × 4096 + 2 × closed sources + closed. */
const revision = (rowsMax: number) =>
  fc
    .tuple(fc.integer({ min: 0, max: rowsMax }), fc.integer({ min: 0, max: 4_095 }))
    .map(([rows, low]) => rows * 4_096 + low)

test('[V4] a higher revision has a higher write timestamp, up to 536 million rows', () => {
  const revisions = fc.tuple(revision(536_870_911), revision(536_870_911))
  fc.assert(
    fc.property(revisions, ([a, b]) => {
      const order = Math.sign(a - b)
      const [at, other] = [writeTimestampNs(END_AT, a), writeTimestampNs(END_AT, b)]
      assert.equal(at < other ? -1 : at > other ? 1 : 0, order)
    }),
  )
})

test('[V4] no higher revision has a lower write timestamp, and two rows more a higher one', () => {
  const any = revision(2 ** 41 - 1)
  fc.assert(
    fc.property(any, fc.integer({ min: 1, max: 2 ** 40 }), (rev, more) => {
      const at = writeTimestampNs(END_AT, rev)
      const later = Math.min(rev + more, Number.MAX_SAFE_INTEGER)
      assert.ok(writeTimestampNs(END_AT, later) >= at)
      if (later - rev >= 8_192) assert.ok(writeTimestampNs(END_AT, later) > at)
    }),
  )
})

test('[V4] a write timestamp is within an hour after the time of its row', () => {
  for (const rev of [0, 1, 2 ** 31, 2 ** 41, 2 ** 41 + 1, Number.MAX_SAFE_INTEGER]) {
    const offset = writeTimestampNs(END_AT, rev) - BigInt(END_AT) * 1_000_000n
    assert.ok(offset >= 0n && offset < HOUR_NS, `${rev}: ${offset}`)
  }
})
