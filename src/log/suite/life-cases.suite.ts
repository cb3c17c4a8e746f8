import assert from 'node:assert/strict'
import { utf8 } from '../../std/bytes.ts'
import type { LogCase } from './log-case.suite.ts'
import { records, type Row } from './log-rig.suite.ts'

const HOUR_MS = 3_600_000
const CLOSED = { code: 'LOG_CLOSED' }

/** What time and closing do to a log (L32–L36). */
export const lifeCases: readonly LogCase[] = [
  {
    title: '[L32] retention by age moves the start, and a reader below it is told so',
    run: async (rig) => {
      const log = await rig.withTopic({ retentionMs: 2 * HOUR_MS })
      for (let i = 0; i < 10; i++) await log.append('rows', records(`row ${i}`))

      await rig.until(async () => {
        rig.clock.advance(HOUR_MS / 6)
        await log.append('rows', records('later'))
        return (await log.ends('rows'))[0]!.start >= 10
      })

      const { start, end } = (await log.ends('rows'))[0]!
      const position = { offset: 9, note: '' }
      const below = log.read(await rig.claim(), { position, bytesMax: 1_000 })
      const next = below[Symbol.asyncIterator]().next()
      await assert.rejects(next, { code: 'LOG_OFFSET_OUT_OF_RANGE' })
      assert.equal((await rig.rowsFrom(start))[0]!.offset, start)
      assert.ok(end > start)
    },
  },
  {
    title: '[L32] retention by size keeps the newest rows',
    run: async (rig) => {
      const log = await rig.withTopic({ retentionBytes: 20_000 })
      const value = utf8('x'.repeat(1_000))

      await rig.until(async () => {
        rig.clock.advance(HOUR_MS / 6)
        await log.append('rows', [{ value }])
        return (await log.ends('rows'))[0]!.start > 0
      })

      const { start, end } = (await log.ends('rows'))[0]!
      assert.ok(end - start >= 10, `kept ${end - start} rows of 1,000 bytes of 20,000`)
    },
  },
  {
    title: '[L33] compaction keeps the last value of each key at its offset, and deletions a day',
    run: async (rig) => {
      const log = await rig.withTopic({ cleanup: 'compact' })
      const keyed = (key: string, value?: string) =>
        log.append('rows', [{ key: utf8(key), ...(value && { value: utf8(value) }) }])
      await keyed('a', 'old')
      await keyed('b', 'kept')
      await keyed('a', 'new')
      await keyed('gone', 'value')
      await keyed('gone')

      let rows: Row[] = []
      const isCompacted = (offset: number) => async () => {
        rig.clock.advance(HOUR_MS / 6)
        await keyed('tick', 'tock')
        rows = await rig.rowsFrom(0)
        return rows.every((row) => row.offset !== offset)
      }
      await rig.until(isCompacted(0))
      await rig.until(isCompacted(3))
      const before = rows.filter((row) => row.key !== 'tick')
      await rig.until(isCompacted(4))
      const after = rows.filter((row) => row.key !== 'tick')

      const kept = [
        { offset: 1, key: 'b', value: 'kept' },
        { offset: 2, key: 'a', value: 'new' },
      ]
      assert.deepEqual(before, [...kept, { offset: 4, key: 'gone', value: null }])
      assert.deepEqual(after, kept)
      assert.equal(rows.at(-1)!.value, 'tock')
    },
  },
  {
    title: '[L36] close settles everything pending',
    run: async (rig) => {
      const log = await rig.withTopic()
      const member = await rig.member({ group: 'readers' })
      await rig.until(() => member.claims.length === 1)
      const claim = member.claims[0]!
      const reading = log.read(claim, { position: { offset: 0, note: '' }, bytesMax: 1_000 })
      const next = reading[Symbol.asyncIterator]().next()
      await rig.turn()

      await log.close()

      assert.equal((await next).done, true)
      await member.ended
      assert.equal(claim.signal.aborted, true)
    },
  },
  {
    title: '[L36] an append under way at close settles, and later calls are refused',
    run: async (rig) => {
      const log = await rig.withTopic()
      const claim = await rig.claim()

      const appending = log.append('rows', records('a'))
      await log.close()
      await log.close()

      await appending
      await assert.rejects(log.append('rows', records('b')), CLOSED)
      await assert.rejects(log.ends('rows'), CLOSED)
      await assert.rejects(log.position(claim), CLOSED)
      await assert.rejects(log.commit(claim, 1), CLOSED)
    },
  },
]
