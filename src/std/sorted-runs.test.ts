import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SortedRuns } from './sorted-runs.ts'

const RUNS = 5

/** What is done to one run: a value put where it belongs, or all of it given back. */
const deeds = fc.array(
  fc.record({
    run: fc.nat({ max: RUNS - 1 }),
    value: fc.nat({ max: 400 }),
    luck: fc.nat({ max: 60 }),
  }),
  { maxLength: 600 },
)

const read = (runs: SortedRuns, run: number) => [
  ...runs.values.subarray(runs.start(run * 2), runs.end(run * 2)),
]

test('runs are sorted lists, each by itself, however blocks are outgrown and given back', () => {
  fc.assert(
    fc.property(deeds, (all) => {
      const runs = new SortedRuns()
      runs.handles = new Int32Array(RUNS * 2)
      const lists = Array.from({ length: RUNS }, (): number[] => [])
      for (const { run, value, luck } of all) {
        if (luck === 0) {
          runs.release(run * 2)
          lists[run] = []
        }
        runs.insert(run * 2, runs.seek(run * 2, value), value)
        lists[run] = [...lists[run]!, value].sort((a, b) => a - b)

        assert.deepEqual(read(runs, run), lists[run])
      }

      const moved = new SortedRuns()
      moved.handles = runs.handles
      for (let run = 0; run < RUNS; run++) moved.adopt(run * 2, runs.values)

      for (const [run, list] of lists.entries()) assert.deepEqual(read(moved, run), list)
    }),
  )
})

test('seek answers the first value that is not below, as a search one by one does', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 50 })), fc.nat({ max: 51 }), (list, value) => {
      const runs = new SortedRuns()
      runs.handles = new Int32Array(2)
      for (const each of list) runs.insert(0, runs.seek(0, each), each)

      const at = runs.seek(0, value)

      const below = list.filter((each) => each < value).length
      assert.equal(at - runs.start(0), below)
    }),
    { numRuns: 1000 },
  )
})
