import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beatRecords } from '../../collect/heartbeat.ts'
import { readCheckpoint, writeCheckpoint } from '../../collect/checkpoint.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { prng } from '../../std/prng.ts'
import { rowOf, SpoolRig, type FarMood } from './spool-rig.suite.ts'

const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, i) => from + i)

const rows = (from: number, to: number) => numbers(from, to).map((x) => rowOf(x, 0))

/** A rig whose rows already go directly. */
async function directly(rig: SpoolRig): Promise<SpoolRig> {
  await rig.spool.append('readings', [rowOf(-2), rowOf(-1, 1)])
  await rig.until(async () => {
    await rig.spool.append('rejected', [{ key: new Uint8Array(1), value: new Uint8Array(1) }])
    return rig.spool.stats().rows === 0 && rig.spool.areDirect
  })
  return rig
}

const FIRST = -2

test('[D9] rows go to the brokers while they take them, and are not spooled', async (t) => {
  const rig = await directly(await SpoolRig.start(t))
  const before = await rig.spool.local.ends('readings')

  await rig.spool.append('readings', rows(0, 10))

  assert.deepEqual(await rig.folded(0), [FIRST, ...numbers(0, 10)])
  assert.deepEqual(await rig.spool.local.ends('readings'), before)
  assert.equal(rig.spool.stats().rows, 0)
})

test('[D9] what brokers refuse is spooled, and goes to them in order later', async (t) => {
  const rig = await directly(await SpoolRig.start(t))

  rig.mood = 'away'
  await Promise.all([0, 10, 20].map((from) => rig.spool.append('readings', rows(from, from + 10))))
  rig.clock.advance(1_000)
  const { rows: spooled, oldestAt, trouble, isFull } = rig.spool.stats()
  assert.deepEqual([spooled, trouble, isFull], [30, 'LOG_UNAVAILABLE', false])
  assert.ok(oldestAt !== undefined && oldestAt < rig.clock.now())
  assert.deepEqual(await rig.folded(0), [FIRST])

  rig.mood = 'well'
  await rig.spool.append('readings', rows(30, 40))
  await rig.drained()
  await rig.spool.append('readings', rows(40, 50))

  await rig.until(async () => (await rig.folded(0)).length >= 51)
  assert.deepEqual(await rig.folded(0), [FIRST, ...numbers(0, 50)])
  assert.equal(rig.spool.stats().trouble, undefined)
})

test('[D7] rows that brokers took without saying so are counted once', async (t) => {
  const rig = await directly(await SpoolRig.start(t))

  rig.mood = 'lost'
  await rig.spool.append('readings', rows(0, 10))
  rig.mood = 'well'
  await rig.drained()

  assert.deepEqual(await rig.folded(0), [FIRST, ...numbers(0, 10)])
  assert.ok((await rig.raw(0)).length > 20)
})

test('[D9] a process that begins without brokers spools, and its end loses nothing', async (t) => {
  const rig = await SpoolRig.start(t, { mood: 'away' })
  await rig.spool.append('readings', rows(0, 10))

  await rig.crash()
  assert.equal(rig.spool.stats().rows, 10)
  await rig.spool.append('readings', rows(10, 20))
  await rig.close()
  await rig.open()
  rig.mood = 'well'
  await rig.spool.append('readings', rows(20, 30))
  await rig.drained()

  assert.deepEqual(await rig.folded(0), numbers(0, 30))
})

test('[D2] a crash between brokers’ answer and position repeats, and counts once', async (t) => {
  const rig = await SpoolRig.start(t, { mood: 'away' })
  await rig.spool.append('readings', rows(0, 10))

  rig.mood = 'stuck'
  await rig.until(async () => (await rig.raw(0)).length === 10)
  await rig.crash()
  rig.mood = 'well'
  await rig.drained()

  assert.deepEqual(await rig.folded(0), numbers(0, 10))
  assert.equal((await rig.raw(0)).length, 20)
})

test('[D9] a close with rows on their way leaves them in the spool', async (t) => {
  const rig = await directly(await SpoolRig.start(t))

  rig.mood = 'stuck'
  const appended = rig.spool.append('readings', rows(0, 10))
  await rig.close()
  await appended
  rig.mood = 'well'
  await rig.open()
  await rig.drained()

  assert.deepEqual(await rig.folded(0), [FIRST, ...numbers(0, 10)])
})

test('[W10] a heartbeat does not overtake rows that are spooled', async (t) => {
  const rig = await SpoolRig.start(t, { mood: 'away' })
  const beat = { ts: 1_795_383_151_000, site: 'ams1', collector: 'c', backlogBytes: 0 }

  await rig.spool.append('readings', rows(0, 3))
  await rig.spool.append('readings', beatRecords(beat, 2))
  rig.mood = 'well'
  await rig.drained()

  const seen = (await rig.raw(0)).map(({ x, src, n }) => [x ?? src, n])
  assert.deepEqual(seen, [
    [0, 1],
    [1, 2],
    [2, 3],
    ['beat', undefined],
  ])
})

test('[D5] at its bound the spool refuses with LOG_FULL, counted, until drained', async (t) => {
  const rig = await SpoolRig.start(t, { mood: 'away', bytesMax: '1 MiB' })
  const thousand = rows(0, 1_000)

  let taken = 0
  await assert.rejects(
    async () => {
      for (; ; taken++) await rig.spool.append('readings', thousand)
    },
    { code: 'LOG_FULL' },
  )
  const { isFull, refusedRows, rows: spooled } = rig.spool.stats()
  assert.deepEqual([isFull, refusedRows, spooled], [true, 1_000, taken * 1_000])
  assert.ok(taken > 2)

  rig.mood = 'well'
  await rig.drained()
  await rig.spool.append('readings', rows(1_000, 1_010))
  await rig.until(async () => (await rig.folded(0)).length >= taken * 1_000 + 10)
  assert.equal((await rig.raw(0)).length, taken * 1_000 + 10)
})

test('[D5] a full disk below the spool refuses, counted, and what was taken is kept', async (t) => {
  const rig = await SpoolRig.start(t, { mood: 'away' })
  await rig.spool.append('readings', rows(0, 10))

  rig.disk.write = (path) =>
    path.endsWith('.log') ? Object.assign(new Error('full'), { code: 'ENOSPC' }) : undefined
  await assert.rejects(rig.spool.append('readings', rows(10, 20)), { code: 'LOG_FULL' })
  assert.equal(rig.spool.stats().refusedRows, 10)

  rig.disk.write = () => undefined
  rig.mood = 'well'
  await rig.drained()
  await rig.until(() => rig.spool.areDirect)
  await rig.spool.append('readings', rows(20, 30))
  assert.deepEqual(await rig.folded(0), [...numbers(0, 10), ...numbers(20, 30)])
})

test('[D9] a row that brokers never take is dropped, counted, and holds up no other', async (t) => {
  const tooLarge = (_topic: string, there: readonly { readonly value?: Uint8Array }[]) => {
    const isOdd = there.some(({ value }) => Buffer.from(value ?? []).includes('"x":5}'))
    return isOdd ? new NocturneError('LOG_RECORD_TOO_LARGE', 'one of them') : 'well'
  }
  const rig = await SpoolRig.start(t, { mood: tooLarge })

  await rig.spool.append('readings', rows(0, 10))
  await rig.drained()

  const others = numbers(0, 10).filter((x) => x !== 5)
  assert.deepEqual(await rig.folded(0), others)
  assert.deepEqual(rig.spool.stats().droppedRows, { too_large: 1, unreadable: 0 })
})

test('[D9] a partition that brokers refuse does not stop the others', async (t) => {
  const rig = await directly(await SpoolRig.start(t))

  rig.mood = (_topic, there) => (there.some(({ partition }) => partition === 0) ? 'away' : 'well')
  await rig.spool.append(
    'readings',
    numbers(0, 10).map((x) => rowOf(x)),
  )

  assert.deepEqual(await rig.folded(1), [-1, 1, 3, 5, 7, 9])
  assert.equal(rig.spool.stats().rows, 5)
  rig.mood = 'well'
  await rig.drained()
  assert.deepEqual(await rig.folded(0), [FIRST, 0, 2, 4, 6, 8])
})

test('[D9] positions of collectors stay on this machine', async (t) => {
  const rig = await SpoolRig.start(t, { mood: 'away' })
  const checkpoint = { positions: { '/a': { inode: 1, offset: 2 } }, rowCount: 3 }

  await writeCheckpoint(rig.spool, 'tail:/a', checkpoint)
  await rig.crash()

  assert.deepEqual(await readCheckpoint(rig.spool, 'tail:/a'), checkpoint)
})

const SEEDS = numbers(1, 7)

for (const seed of SEEDS) {
  test(`[D9] through moods and crashes rows count once, in order: seed ${seed}`, async (t) => {
    const { next: random } = prng(seed)
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
    const moods: readonly FarMood[] = ['well', 'well', 'away', 'lost']
    const rig = await SpoolRig.start(t, { mood: pick(moods) })
    let x = 0
    for (let turn = 0; turn < 60; turn++) {
      if (random() < 0.3) rig.mood = pick(moods)
      if (random() < 0.15) rig.mood = () => pick(moods)
      const calls = numbers(0, Math.ceil(random() * 4)).map(() => {
        const count = Math.ceil(random() * 5)
        x += count
        return rig.spool.append(
          'readings',
          numbers(x - count, x).map((one) => rowOf(one)),
        )
      })
      await Promise.all(calls)
      if (random() < 0.5) rig.clock.advance(Math.floor(random() * 3_000))
      if (random() < 0.1) await rig.crash()
    }
    rig.mood = 'well'
    await rig.drained()
    await rig.until(() => rig.spool.areDirect)

    for (const partition of [0, 1]) {
      const expected = numbers(0, x).filter((one) => one % 2 === partition)
      assert.deepEqual(await rig.folded(partition), expected)
    }
  })
}
