import assert from 'node:assert/strict'
import { utf8 } from '../../std/bytes.ts'
import { JAVA_PARTITIONS, javaKey } from './java-partitions.suite.ts'
import type { LogCase } from './log-case.suite.ts'
import { records } from './log-rig.suite.ts'

const MEBIBYTE = 1_048_576

/** What is appended is there, in order, where it belongs (L4–L13). */
export const appendCases: readonly LogCase[] = [
  {
    title: '[L4] rows read back equal, absent and empty kept apart',
    run: async (rig) => {
      const log = await rig.withTopic()
      const empty = new Uint8Array(0)

      await log.append('rows', [
        { key: utf8('ключ'), value: utf8('значение') },
        { partition: 0, value: utf8('no key') },
        { key: utf8('no value') },
        { key: empty, value: empty },
        {},
      ])

      assert.deepEqual(await rig.rowsFrom(0), [
        { offset: 0, key: 'ключ', value: 'значение' },
        { offset: 1, key: null, value: 'no key' },
        { offset: 2, key: 'no value', value: null },
        { offset: 3, key: '', value: '' },
        { offset: 4, key: null, value: null },
      ])
    },
  },
  {
    title: '[L4] a row keeps the bytes it had when it was appended',
    run: async (rig) => {
      const log = await rig.withTopic()
      const [key, value] = [utf8('key'), utf8('before')]

      const appended = [log.append('rows', [{ key, value }]), log.append('rows', [{ value }])]
      // Whoever appends writes the next rows over these as soon as the call has returned.
      key.fill(0)
      value.fill(0)
      await Promise.all(appended)

      const rows = await rig.rowsFrom(0)
      assert.deepEqual(
        rows.map((row) => [row.key, row.value]),
        [
          ['key', 'before'],
          [null, 'before'],
        ],
      )
    },
  },
  {
    title: '[L5] order within a partition is the order of the calls, un-awaited ones included',
    run: async (rig) => {
      const log = await rig.withTopic()
      const values = Array.from({ length: 200 }, (_, i) => `row ${i}`)

      const calls = values.map((value) => log.append('rows', records(value, `${value}, second`)))
      await Promise.all(calls)

      const read = (await rig.rowsFrom(0)).map((row) => row.value)
      assert.deepEqual(
        read,
        values.flatMap((value) => [value, `${value}, second`]),
      )
    },
  },
  {
    title: '[L6] a key has the partition that the Java client gives it, for 1,000 keys',
    run: async (rig) => {
      const log = await rig.withTopic({ partitions: 16 })
      const expected = Array.from({ length: 16 }, (): string[] => [])
      for (const [i, digit] of [...JAVA_PARTITIONS].entries()) {
        expected[Number.parseInt(digit, 16)]!.push(javaKey(i))
      }

      const keys = Array.from({ length: 1_000 }, (_, i) => ({ key: utf8(javaKey(i)) }))
      await log.append('rows', keys)

      const member = await rig.member()
      await rig.until(() => member.claims.length === 16)
      for (const claim of member.claims) {
        const position = await log.position(claim)
        const keysThere: string[] = []
        for await (const batch of log.read(claim, { position, bytesMax: MEBIBYTE })) {
          for (let row = 0; row < batch.count; row++) {
            const at = batch.keys.starts[row]!
            const bytes = batch.keys.bytes.slice(at, at + batch.keys.lengths[row]!)
            keysThere.push(new TextDecoder().decode(bytes))
          }
          if (batch.next === batch.end) break
        }
        assert.deepEqual(keysThere, expected[claim.partition])
      }
    },
  },
  {
    title: '[L6] a row’s own partition wins over its key, and rows without either go round',
    run: async (rig) => {
      const log = await rig.withTopic({ partitions: 3 })

      await log.append('rows', [{ key: utf8('stream-1'), partition: 2 }])
      for (let call = 0; call < 3; call++) await log.append('rows', records('a', 'b'))

      const counts = (await log.ends('rows')).map(({ end }) => end)
      assert.deepEqual(counts, [2, 2, 3])
    },
  },
  {
    title: '[L8] an append of nothing resolves and leaves nothing',
    run: async (rig) => {
      const log = await rig.withTopic()

      await log.append('rows', [])

      assert.deepEqual(await log.ends('rows'), [{ start: 0, end: 0 }])
    },
  },
  {
    title: '[L9] a row too large is refused and its neighbours are unharmed',
    run: async (rig) => {
      const log = await rig.withTopic({ recordBytesMax: 1_000 })
      const before = log.append('rows', records('before'))
      const large = log.append('rows', [{ value: new Uint8Array(1_001) }])
      const after = log.append('rows', records('after'))

      await assert.rejects(large, { code: 'LOG_RECORD_TOO_LARGE' })
      await Promise.all([before, after])

      const values = (await rig.rowsFrom(0)).map((row) => row.value)
      assert.deepEqual(values, ['before', 'after'])
    },
  },
  {
    title: '[L10] what an append resolved for is there after the log was opened again',
    run: async (rig) => {
      const log = await rig.withTopic()
      for (let i = 0; i < 20; i++) await log.append('rows', records(`row ${i}`))

      await (await rig.reopen()).append('rows', records('later'))

      const rows = await rig.rowsFrom(0)
      assert.deepEqual(
        rows.map((row) => row.offset),
        Array.from({ length: 21 }, (_, i) => i),
      )
      assert.equal(rows[19]!.value, 'row 19')
      assert.equal(rows[20]!.value, 'later')
    },
  },
  {
    title: '[L11] a failed append fails those queued behind it',
    run: async (rig) => {
      const log = await rig.withTopic()
      await log.append('rows', records('before'))
      assert.ok(rig.under.failNextWrite, 'this adapter skips L11 or can fail a write')

      rig.under.failNextWrite()
      const calls = ['a', 'b', 'c'].map((value) => log.append('rows', records(value)))
      const states = (await Promise.allSettled(calls)).map(({ status }) => status)

      // Nothing may be written behind a gap, or the survivors would have overtaken.
      assert.deepEqual(states, ['rejected', 'rejected', 'rejected'])
      assert.deepEqual(await rig.rowsFrom(0), [{ offset: 0, key: null, value: 'before' }])
    },
  },
  {
    title: '[L12] what waits to be written is bounded: beyond that appends are refused',
    run: async (rig) => {
      const log = await rig.withTopic({ recordBytesMax: 2 * MEBIBYTE })
      const value = new Uint8Array(MEBIBYTE)
      const count = Math.ceil((2 * rig.under.appendBytesMax) / MEBIBYTE)

      const calls = Array.from({ length: count }, () => log.append('rows', [{ value }]))
      const results = await Promise.allSettled(calls)

      const refused = results.filter((result) => result.status === 'rejected')
      assert.ok(refused.length > 0)
      for (const { reason } of refused) assert.equal(reason.code, 'LOG_FULL')
      assert.equal((await log.ends('rows'))[0]!.end, count - refused.length)
    },
  },
  {
    title: '[L13] append times never step back when the clock does',
    run: async (rig) => {
      const log = await rig.withTopic()
      const startAt = rig.clock.now()

      await log.append('rows', records('a'))
      rig.clock.set(startAt - 5_000)
      await log.append('rows', records('b'))
      rig.clock.set(startAt + 5_000)
      await log.append('rows', records('c'))

      const claim = await rig.claim()
      const times: number[] = []
      const from = { offset: 0, note: '' }
      for await (const batch of log.read(claim, { position: from, bytesMax: MEBIBYTE })) {
        times.push(...batch.times.slice(0, batch.count))
        if (batch.next === batch.end) break
      }
      assert.deepEqual(times, [startAt, startAt, startAt + 5_000])
    },
  },
]
