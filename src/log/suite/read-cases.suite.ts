import assert from 'node:assert/strict'
import { utf8 } from '../../std/bytes.ts'
import type { LogCase } from './log-case.suite.ts'
import { records, rowsOf, type LogRig } from './log-rig.suite.ts'

const MEBIBYTE = 1_048_576
const FROM_0 = { offset: 0, note: '' }

/** Ten rows in three calls: rows 3 to 6 may well be one batch. Answers when each call began. */
async function tenRows(rig: LogRig): Promise<readonly number[]> {
  const log = await rig.withTopic()
  const begun: number[] = []
  for (const [from, to] of [
    [0, 3],
    [3, 7],
    [7, 10],
  ] as const) {
    const values = Array.from({ length: to - from }, (_, i) => `row ${from + i}`)
    begun.push(rig.now())
    await log.append('rows', records(...values))
    await rig.pass(1_000)
  }
  return begun
}

/** Reading from any position, in pieces of any size, until the end and beyond (L14–L22). */
export const readCases: readonly LogCase[] = [
  {
    title: '[L14] reading begins at any offset, inside a batch too, without the rows before it',
    run: async (rig) => {
      await tenRows(rig)

      for (let offset = 0; offset <= 10; offset++) {
        const offsets = (await rig.rowsFrom(offset)).map((row) => row.offset)
        assert.deepEqual(
          offsets,
          Array.from({ length: 10 - offset }, (_, i) => offset + i),
        )
      }
    },
  },
  {
    title: '[L14] a new reader begins at the earliest row, the latest, or a time',
    run: async (rig) => {
      const [first, second, third] = await tenRows(rig)
      const log = await rig.log()
      const offsetFor = async (start: 'earliest' | 'latest' | { atMs: number }) =>
        (await log.position(await rig.claim({ start }))).offset

      assert.equal(await offsetFor('earliest'), 0)
      assert.equal(await offsetFor('latest'), 10)
      assert.equal(await offsetFor({ atMs: first! - 1 }), 0)
      assert.equal(await offsetFor({ atMs: second! }), 3)
      assert.equal(await offsetFor({ atMs: third! }), 7)
      assert.equal(await offsetFor({ atMs: third! + 60_000 }), 10)
      // Of the second call's rows it is exactly their time that still finds them.
      const at = await rig.timeOf(3)
      assert.equal(await offsetFor({ atMs: at }), 3)
      assert.equal(await offsetFor({ atMs: at + 1 }), 7)
    },
  },
  {
    title: '[L15] any bytesMax gives the same rows',
    run: async (rig) => {
      await tenRows(rig)
      const all = await rig.rowsFrom(0)

      for (const bytesMax of [1, 7, 64, 100, 1_000, 2 ** 31]) {
        assert.deepEqual(await rig.rowsFrom(0, bytesMax), all)
      }
    },
  },
  {
    title: '[L16] one batch larger than bytesMax is delivered whole',
    run: async (rig) => {
      const log = await rig.withTopic()
      const large = 'x'.repeat(500_000)

      await log.append('rows', records('small', large, 'small again'))

      const values = (await rig.rowsFrom(0, 1_000)).map((row) => row.value)
      assert.deepEqual(values, ['small', large, 'small again'])
    },
  },
  {
    title: '[L17] a reader waits at the end and wakes within 50 ms of an append',
    run: async (rig) => {
      const log = await rig.withTopic()
      const claim = await rig.claim()
      const reading = log.read(claim, { position: FROM_0, bytesMax: MEBIBYTE })
      const iterator = reading[Symbol.asyncIterator]()
      let arrived = false
      const next = iterator.next().then((result) => {
        arrived = true
        return result
      })
      for (let turn = 0; turn < 50; turn++) await rig.turn(100)
      assert.equal(arrived, false)

      await log.append('rows', records('a'))
      rig.clock.advance(50)

      const { value } = await next
      assert.deepEqual(rowsOf(value), [{ offset: 0, key: null, value: 'a' }])
    },
  },
  {
    title: '[L18] a position above the end is refused, the end itself is not',
    run: async (rig) => {
      await tenRows(rig)
      const log = await rig.log()
      const claim = await rig.claim()
      const nextFrom = (offset: number) => {
        const position = { offset, note: '' }
        return log.read(claim, { position, bytesMax: MEBIBYTE })[Symbol.asyncIterator]().next()
      }

      await assert.rejects(nextFrom(11), { code: 'LOG_OFFSET_OUT_OF_RANGE' })

      const waiting = nextFrom(10)
      await log.append('rows', records('row 10'))
      assert.equal((await waiting).value.base, 10)
    },
  },
  {
    title: '[L21] an abort ends the loop without a further batch',
    run: async (rig) => {
      await tenRows(rig)
      const log = await rig.log()
      const member = await rig.member({ group: 'readers' })
      await rig.until(() => member.claims.length === 1)
      const claim = member.claims[0]!

      let batches = 0
      for await (const _ of log.read(claim, { position: FROM_0, bytesMax: 1 })) {
        batches++
        member.leave()
        await rig.until(() => claim.signal.aborted)
      }

      assert.equal(batches, 1)
      claim.release()
    },
  },
  {
    title: '[L21] an abort ends a reader that waits at the end',
    run: async (rig) => {
      const log = await rig.withTopic()
      const member = await rig.member()
      await rig.until(() => member.claims.length === 1)
      const reading = log.read(member.claims[0]!, { position: FROM_0, bytesMax: 1 })
      const next = reading[Symbol.asyncIterator]().next()
      await rig.turn()

      member.leave()

      assert.equal((await next).done, true)
    },
  },
  {
    title: '[L21] an abort of one reading ends it alone, and its claim reads on',
    run: async (rig) => {
      await tenRows(rig)
      const log = await rig.log()
      const claim = await rig.claim()
      const stop = new AbortController()
      const at = (offset: number) => ({ position: { offset, note: '' }, bytesMax: 1 })
      const reading = log.read(claim, { ...at(10), signal: stop.signal })
      const next = reading[Symbol.asyncIterator]().next()
      await rig.turn()

      stop.abort()

      assert.equal((await next).done, true)
      const again = log.read(claim, at(3))[Symbol.asyncIterator]()
      assert.equal((await again.next()).value.base, 3)
      await again.return?.()
    },
  },
  {
    title: '[L22] no batch passes bytesMax, and at most one more is held for a slow reader',
    run: async (rig) => {
      const log = await rig.withTopic()
      const value = utf8('x'.repeat(400))
      for (let i = 0; i < 4; i++) await log.append('rows', [{ value }])
      const claim = await rig.claim()
      const reading = log.read(claim, { position: FROM_0, bytesMax: 600 })
      const iterator = reading[Symbol.asyncIterator]()

      const first = (await iterator.next()).value
      assert.ok(first.raw.length <= 600)
      for (let i = 0; i < 6; i++) await log.append('rows', [{ value }])
      await iterator.next()
      const third = (await iterator.next()).value

      // It was fetched after the later appends, so it was not waiting in memory before them.
      assert.equal(third.base, 2)
      assert.equal(third.end, 10)
    },
  },
]
