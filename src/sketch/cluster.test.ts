import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterOfName, clusterOfRow } from './cluster.ts'

/** What Spark's `hash` answers, as its documentation and ports of it have it. */
const NAMES = [
  ['ABC', -757602832],
  ['abcd', 0xe860e5cc | 0],
  ['abcde', 814637928],
  ['hello', 3286402344 | 0],
  ['😁', 885025535],
  ['天地', 2395000894 | 0],
] as const

for (const [name, hash] of NAMES) {
  test(`[Z18] the cluster of '${name}' is what Spark's hash says of it`, () => {
    assert.equal(clusterOfName(new TextEncoder().encode(name)), hash)
  })
}

test('[Z18] the cluster of a row without a name is what Spark’s hash says of its time', () => {
  assert.deepEqual(
    [1, 0, -1].map((ts) => clusterOfRow(ts) >>> 0),
    [0x99f0149d, 0x9c67b85d, 0xc8008529],
  )
})

test('[Z18] rows of one name that were sampled one by one are clusters of their own', () => {
  const of = clusterOfName(new TextEncoder().encode('s.9k2f'))
  const clusters = [1_795_383_157_516, 1_795_383_157_517, 1_795_383_157_516 + 2 ** 32].map((ts) =>
    clusterOfRow(ts, of),
  )

  assert.equal(new Set([of, ...clusters]).size, 4)
})
