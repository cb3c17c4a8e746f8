import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { windowResult } from '../../suite/store-case.suite.ts'
import { GroupSlots } from './group-slots.ts'
import { NewestClosed } from './newest-closed.ts'
import { decodeDoubles, decodeHeads, encodePiece } from './snapshot-codec.ts'

type Version = {
  readonly group: number
  readonly end: number
  readonly rev: number
  readonly closed: boolean
  readonly loss: number | undefined
}

const version: fc.Arbitrary<Version> = fc.record({
  group: fc.integer({ min: 0, max: 6 }),
  end: fc.integer({ min: 1, max: 5 }),
  rev: fc.integer({ min: 0, max: 1_000_000 }),
  closed: fc.boolean(),
  loss: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
})
/** What writers brought, some of it twice: one group, end and revision is only one thing. */
const written = fc
  .uniqueArray(version, { selector: ({ group, end, rev }) => `${group} ${end} ${rev}` })
  .chain((versions) => fc.tuple(fc.constant(versions), fc.shuffledSubarray(versions)))
  .chain(([versions, again]) =>
    fc
      .array(fc.integer({ min: 0, max: 4 }), { minLength: 20, maxLength: 20 })
      .map((pieces) =>
        [...versions, ...again].map((one, i) => ({ ...one, piece: pieces[i % 20]! })),
      ),
  )

const entry = ({ group, end, rev, closed, loss }: Version) => {
  const values: Record<string, number> = loss === undefined ? { other: 1 } : { loss }
  return { hash: group * 2 ** 40 + 1, window: windowResult({ end, rev, closed, values }) }
}

/** Group → end and value of its newest closed window, from all versions at once. */
function fromScratch(versions: readonly Version[]): Map<number, readonly [number, number]> {
  const newest = new Map<number, readonly [number, number]>()
  for (const [group, ofGroup] of Map.groupBy(versions, (one) => one.group)) {
    const ends = Map.groupBy(ofGroup, ({ end }) => end)
    const last = [...ends.values()].map((ofEnd) => ofEnd.toSorted((a, b) => b.rev - a.rev)[0]!)
    const closed = last.filter((one) => one.closed).sort((a, b) => b.end - a.end)[0]
    if (closed?.loss !== undefined) newest.set(group * 2 ** 40 + 1, [closed.end, closed.loss])
  }
  return newest
}

test('the newest closed window of each group is that of all revisions from scratch', () => {
  fc.assert(
    fc.property(written, (versions) => {
      const slots = new GroupSlots()
      const newest = new NewestClosed(slots)
      newest.want(Float64Array.from([0, 1, 2, 3, 4, 5, 6], (group) => group * 2 ** 40 + 1))
      for (const end of [5, 4, 3, 2, 1]) {
        const pieces = Map.groupBy(
          versions.filter((one) => one.end === end),
          ({ piece }) => piece,
        )
        for (const ofPiece of pieces.values()) {
          const { heads, columns } = encodePiece(ofPiece.map(entry))
          const column = columns.get('loss')
          newest.add(decodeHeads(heads), column && decodeDoubles(column))
        }
        newest.finish(end)
      }

      const found = newest.foundSlots.map((slot, i) => {
        const place = [newest.foundEnds[i]!, newest.foundValues[i]!] as const
        return [slots.hashes[slot]!, place] as const
      })
      assert.deepEqual(new Map(found), fromScratch(versions))
      assert.equal(newest.missing, newest.missingSlots().length)
    }),
  )
})

test('the same windows in another order are the same piece', () => {
  const versions = [1, 2, 3].map((group) => ({
    ...{ group, end: 1, rev: 5 * group, closed: true, loss: group / 10 },
  }))

  const one = encodePiece(versions.map(entry))
  const other = encodePiece(versions.toReversed().map(entry))

  assert.deepEqual(one, other)
  assert.equal(one.id.length, 8)
})
