import assert from 'node:assert/strict'
import { mkdir, mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { storeSuite } from '../store.suite.ts'
import { STARTED_AT, windowResult } from '../suite/store-case.suite.ts'
import { rollUp } from '../suite/tier-cases.suite.ts'
import type { SetAside } from './sqlite-file.ts'
import { openSqliteStore } from './sqlite-store.ts'

const folder = () => mkdtemp(join(tmpdir(), 'nocturne-store-'))

storeSuite(
  'SQLite',
  async (clock) => {
    const path = await folder()
    const onSetAside = (aside: SetAside) => assert.fail(aside.reason)
    return {
      open: async () => openSqliteStore({ file: join(path, 'store.db'), clock, onSetAside }),
      destroy: () => rm(path, { recursive: true }),
    }
  },
  { skip: {} },
)

type Kept = { readonly file: string; readonly clock: SimulatedClock; readonly asides: SetAside[] }

/** A file with 2,000 windows that was closed; removed after the test. */
async function withWindows(t: { after(work: () => Promise<void>): void }): Promise<Kept> {
  const path = await folder()
  t.after(() => rm(path, { recursive: true }))
  const kept = { file: join(path, 'store.db'), clock: new SimulatedClock(), asides: [] }
  const store = again(kept)
  const ends = Array.from({ length: 2_000 }, (_, i) => STARTED_AT - i * 1_000)
  await store.upsert({ windows: ends.map((end) => windowResult({ end })) })
  await store.close()
  return kept
}

const again = ({ file, clock, asides }: Kept) =>
  openSqliteStore({ file, clock, onSetAside: (aside) => asides.push(aside) })

const { group } = windowResult()
const seriesOf = { scope: 'ams1', monitor: 'loss', tier: 'live', group, from: 0 } as const

async function overwrite(
  file: string,
  { at, bytes }: { at: number; bytes: number },
): Promise<void> {
  const handle = await open(file, 'r+')
  await handle.write(new Uint8Array(bytes).fill(0xa5), 0, bytes, at)
  await handle.close()
}

test('what was written is there when the file is opened again', async (t) => {
  const store = again(await withWindows(t))

  const windows = await store.series({ ...seriesOf, to: STARTED_AT, limit: 5_000 })

  assert.equal(windows.length, 2_000)
  await store.close()
})

for (const [what, damage] of [
  ['that is none of SQLite’s', { at: 0, bytes: 4_096 }],
  ['damaged inside', { at: 16_384, bytes: 65_536 }],
] as const) {
  test(`a file ${what} is set aside, and a fresh one says it is another`, async (t) => {
    const kept = await withWindows(t)
    const before = again(kept)
    const identity = await before.migrate()
    await before.close()
    await overwrite(kept.file, damage)
    kept.clock.advance(1_000)

    const store = again(kept)
    assert.notEqual(await store.migrate(), identity)
    await store.upsert({ windows: [windowResult()] })

    assert.equal(kept.asides.length, 1)
    const names = await readdir(join(kept.file, '..'))
    assert.ok(names.includes(`store.db.corrupt-${kept.clock.now()}`))
    assert.equal((await store.series({ ...seriesOf, to: STARTED_AT, limit: 9 })).length, 1)
    await store.close()
  })
}

test('STORE_UNAVAILABLE: damage found at work is answered once, then a fresh file', async (t) => {
  const kept = await withWindows(t)
  const onSetAside = (aside: SetAside) => kept.asides.push(aside)
  const store = openSqliteStore({ ...kept, onSetAside, checkedBytesMax: 0 })
  await overwrite(kept.file, { at: 100_000, bytes: 100_000 })
  const identity = await store.migrate()
  kept.clock.advance(1_000)

  const query = { ...seriesOf, to: STARTED_AT, limit: 5_000 }
  await assert.rejects(store.series(query), { code: 'STORE_UNAVAILABLE' })

  assert.equal(kept.asides.length, 1)
  assert.notEqual(await store.migrate(), identity)
  assert.deepEqual(await store.series(query), [])
  await store.close()
})

test('STORE_REFUSED: a file of another schema is left alone', async (t) => {
  const kept = await withWindows(t)
  const db = new DatabaseSync(kept.file)
  db.exec('PRAGMA user_version = 99')
  db.close()

  const store = again(kept)

  await assert.rejects(store.migrate(), { code: 'STORE_REFUSED' })
  await assert.rejects(store.upsert({ windows: [windowResult()] }), { code: 'STORE_REFUSED' })
  assert.deepEqual(kept.asides, [])
  await store.close()
})

test('[T1] a file of version 1 is upgraded in place, and what it holds stays', async (t) => {
  const kept = await withWindows(t)
  const before = again(kept)
  const identity = await before.migrate()
  await before.close()
  const db = new DatabaseSync(kept.file)
  db.exec('ALTER TABLE windows DROP COLUMN errors')
  db.exec('DROP TABLE rolled; DROP TABLE rollups; DROP TABLE coverage; PRAGMA user_version = 1')
  db.close()
  kept.clock.advance(1_000)

  const store = again(kept)
  const minute = rollUp({ end: STARTED_AT })
  await store.upsert({ rollUps: [minute], windows: [windowResult({ end: STARTED_AT + 1_000 })] })

  assert.equal(await store.migrate(), identity)
  const query = { ...seriesOf, to: STARTED_AT * 2, limit: 5_000 }
  assert.equal((await store.series(query)).length, 2_001)
  assert.deepEqual(await store.series({ ...query, tier: 'minute' }), [minute])
  assert.deepEqual(kept.asides, [])
  await store.close()
})

test('STORE_UNAVAILABLE: a file that cannot be made is asked for again at each call', async (t) => {
  const path = await folder()
  t.after(() => rm(path, { recursive: true }))
  const file = join(path, 'missing', 'store.db')
  const store = again({ file, clock: new SimulatedClock(), asides: [] })

  await assert.rejects(store.migrate(), { code: 'STORE_UNAVAILABLE' })

  await mkdir(join(path, 'missing'))
  await store.migrate()
  await store.close()
})
