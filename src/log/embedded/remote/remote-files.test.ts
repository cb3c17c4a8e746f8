import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { SimulatedClock } from '../../../std/simulated-clock.ts'
import { utf8 } from '../../../std/bytes.ts'
import { readToEnd, type Log, type RejectedRange, type TopicSpec } from '../../log.ts'
import { records, rowsOf, topicSpec, type Row } from '../../suite/log-rig.suite.ts'
import type { Disk } from '../disk.ts'
import { openEmbeddedLog } from '../embedded-log.ts'
import type { EmbeddedLimits } from '../embedded-limits.ts'
import { SMALL_LIMITS } from '../embedded-rig.suite.ts'
import { nodeDisk } from '../node-disk.ts'
import { openRemoteLog } from './remote-log.ts'

const LIMIT = { timeout: 30_000 }

/** A log with one topic and a remote one over it; `disk` is that of the thread that writes. */
async function opened(
  t: TestContext,
  given: {
    readonly topic?: Partial<TopicSpec>
    readonly limits?: Partial<EmbeddedLimits>
    readonly disk?: Disk
  },
) {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-log-'))
  const clock = new SimulatedClock()
  const { disk = nodeDisk } = given
  const limits = { ...SMALL_LIMITS, ...given.limits }
  const host = await openEmbeddedLog({ folder, clock, disk, limits })
  await host.createTopic(topicSpec(given.topic))
  const remote = openRemoteLog(host.share())
  t.after(async () => {
    await remote.close()
    await host.close()
    await rm(folder, { recursive: true })
  })
  return { clock, host, remote }
}

async function all(
  log: Log,
): Promise<{ rows: readonly Row[]; rejected: readonly RejectedRange[] }> {
  const rows: Row[] = []
  const rejected: RejectedRange[] = []
  for await (const batch of readToEnd(log, { topic: 'rows', partition: 0 })) {
    rows.push(...rowsOf(batch))
    rejected.push(...batch.rejected)
  }
  return { rows, rejected }
}

test('[L5] [L14] a reader in another thread follows from segment to segment', LIMIT, async (t) => {
  const limits = { segmentBytes: 1000, batchBytes: 100, indexEveryBytes: 200 }
  const { host, remote } = await opened(t, { limits })
  const claims = remote.claims(
    { topics: ['rows'], start: 'earliest', sessionMs: 1e4, rebalanceMs: 6e4 },
    new AbortController().signal,
  )
  const { value: claim } = await claims[Symbol.asyncIterator]().next()
  const offsets: number[] = []
  const reading = (async () => {
    const position = { offset: 0, note: '' }
    for await (const batch of remote.read(claim, { position, bytesMax: 300 })) {
      offsets.push(...rowsOf(batch).map(({ offset }) => offset))
      if (batch.next >= 200) return
    }
  })()

  for (let i = 0; i < 200; i++) await host.append('rows', records(`row ${i} ${'x'.repeat(50)}`))
  await reading

  assert.deepEqual(
    offsets,
    Array.from({ length: 200 }, (_, i) => i),
  )
  for (const from of [0, 57, 199]) {
    const first = readToEnd(remote, { topic: 'rows', partition: 0, from })
    const { value: batch } = await first[Symbol.asyncIterator]().next()
    assert.equal(rowsOf(batch)[0]!.offset, from)
  }
})

test(
  '[L33] while a segment is being replaced no other thread takes the new for the old',
  LIMIT,
  async (t) => {
    const renamed = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const disk: Disk = {
      ...nodeDisk,
      rename: async (from, to) => {
        await nodeDisk.rename(from, to)
        renamed.resolve()
        await gate.promise
      },
    }
    const limits = { segmentBytes: 400, maintainMs: 1000, indexEveryBytes: 50 }
    const { clock, host, remote } = await opened(t, { topic: { cleanup: 'compact' }, limits, disk })
    // Each segment keeps its first row and loses the two behind it.
    const keyOf = (i: number) => (i % 3 === 0 ? `once ${i}` : 'often')
    for (let i = 0; i < 12; i++) {
      const value = utf8(`${i} ${'x'.repeat(40)}`)
      await host.append('rows', [{ key: utf8(keyOf(i)), value }])
    }
    const before = await all(remote)

    while ((await Promise.race([renamed.promise.then(() => 'yes'), setImmediate('no')])) === 'no') {
      clock.advance(1000)
    }
    const reading = all(remote)
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    gate.resolve()
    const meanwhile = await reading
    while (host.stats().compactions === 0) await setImmediate()
    const after = await all(remote)

    assert.equal(before.rows.length, 12)
    assert.deepEqual(after, await all(host))
    assert.ok(after.rows.length < 12)
    for (const { rows, rejected } of [meanwhile, after]) {
      assert.deepEqual(rejected, [])
      const last = new Map(rows.map(({ key, value }) => [key, Number.parseInt(value!)]))
      const expected = new Map(Array.from({ length: 12 }, (_, i) => [keyOf(i), i]))
      assert.deepEqual([...last].sort(), [...expected].sort())
    }
  },
)

test(
  '[L32] a reader whose segments retention took is told where the log begins',
  LIMIT,
  async (t) => {
    const limits = { segmentBytes: 400, maintainMs: 1000 }
    const { clock, host, remote } = await opened(t, { topic: { retentionBytes: 800 }, limits })
    for (let i = 0; i < 4; i++) await host.append('rows', records(`${i} ${'x'.repeat(200)}`))
    const claims = remote.claims(
      { topics: ['rows'], start: 'earliest', sessionMs: 1e4, rebalanceMs: 6e4 },
      new AbortController().signal,
    )
    const { value: claim } = await claims[Symbol.asyncIterator]().next()
    const position = { offset: 0, note: '' }
    const reading = remote.read(claim, { position, bytesMax: 1 })[Symbol.asyncIterator]()
    const { value: first } = await reading.next()
    for (let i = 4; i < 12; i++) await host.append('rows', records(`${i} ${'x'.repeat(200)}`))

    while ((await host.ends('rows'))[0]!.start < 4) {
      clock.advance(1000)
      await setImmediate()
    }

    assert.equal(first.base, 0)
    await assert.rejects(reading.next(), { code: 'LOG_OFFSET_OUT_OF_RANGE' })
    assert.equal((await all(remote)).rows[0]!.offset, (await remote.ends('rows'))[0]!.start)
  },
)
