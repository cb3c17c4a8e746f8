import assert from 'node:assert/strict'
import { appendFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { topicSpec, records } from '../suite/log-rig.suite.ts'
import { EmbeddedRig } from './embedded-rig.suite.ts'
import { systemError } from './faulty-disk.suite.ts'

let rig: EmbeddedRig

beforeEach(() => {
  rig = new EmbeddedRig()
})
afterEach(() => rig.end())

const FIRST = join('rows-0', '00000000000000000000.log')

/** Ten rows, each its own batch and, where segments are small, its own segment. */
async function tenRows(): Promise<Awaited<ReturnType<typeof rig.open>>> {
  const log = await rig.open()
  await log.createTopic(topicSpec())
  for (let i = 0; i < 10; i++) await log.append('rows', records(`row ${i}`))
  return log
}

const TEN = Array.from({ length: 10 }, (_, i) => `row ${i}`)

/** Changes one byte of a file of the log's folder. */
const flip = (name: string, at: number) => async (folder: string) => {
  const bytes = await readFile(join(folder, name))
  bytes[at]! ^= 1
  await writeFile(join(folder, name), bytes)
}

test('[L10] a torn tail is cut, counted, and all rows before it are there', async () => {
  await tenRows()

  const log = await rig.openAfterCrash((folder) => appendFile(join(folder, FIRST), 'x'.repeat(37)))
  await log.append('rows', records('next'))

  assert.equal(log.stats().truncatedBytes, 37)
  assert.deepEqual((await rig.readAll(log)).values, [...TEN, 'next'])
})

test('[L10] a batch written in part is cut as a whole', async () => {
  await tenRows()

  const log = await rig.openAfterCrash(async (folder) => {
    const { length } = await readFile(join(folder, FIRST))
    await truncate(join(folder, FIRST), length - 5)
  })

  assert.deepEqual((await rig.readAll(log)).values, TEN.slice(0, 9))
  assert.deepEqual(await log.ends('rows'), [{ start: 0, end: 9 }])
})

test('after a crash the active segment is synced before anything is read', async () => {
  await tenRows()

  await rig.openAfterCrash()

  assert.deepEqual(rig.disk.syncs, [join(rig.folder, 'log', FIRST)])
})

test('after a clean shutdown nothing is walked or synced again', async () => {
  await (await tenRows()).close()
  const before = rig.disk.syncs.length

  const log = await rig.open()

  assert.equal(rig.disk.syncs.length, before)
  assert.deepEqual((await rig.readAll(log)).values, TEN)
})

test('a file that differs from what a clean shutdown left is walked all the same', async () => {
  await (await tenRows()).close()

  const log = await rig.openAfterCrash((folder) => appendFile(join(folder, FIRST), 'junk'))

  assert.equal(log.stats().truncatedBytes, 4)
  assert.deepEqual((await rig.readAll(log)).values, TEN)
})

for (const [reason, at] of [
  ['crc', 70],
  ['magic', 16],
  ['length', 8],
] as const) {
  test(`[L20] a sealed batch with a broken ${reason} is told once alone`, async () => {
    rig = new EmbeddedRig({ segmentBytes: 250 })
    await tenRows()
    // Three batches a segment: the middle one of the second segment is offset 4.
    const name = join('rows-0', '00000000000000000003.log')

    const log = await rig.openAfterCrash(async (folder) => {
      const { length } = await readFile(join(folder, name))
      await flip(name, length / 3 + at)(folder)
    })
    const { values, rejected } = await rig.readAll(log)
    const again = await rig.readAll(log)

    assert.deepEqual(
      values,
      TEN.filter((value) => value !== 'row 4'),
    )
    const found = rejected.map(({ from, next, reason }) => ({ from, next, reason }))
    assert.deepEqual(found, [{ from: 4, next: 5, reason }])
    assert.deepEqual(again.values, values)
    assert.equal(log.stats().quarantinedRanges, 1)
  })
}

test('[L20] damage at the end of a sealed segment ends where the next one begins', async () => {
  rig = new EmbeddedRig({ segmentBytes: 250 })
  await tenRows()
  const name = join('rows-0', '00000000000000000003.log')

  const log = await rig.openAfterCrash(async (folder) => {
    const { length } = await readFile(join(folder, name))
    await truncate(join(folder, name), length - 7)
  })
  const { values, rejected } = await rig.readAll(log)

  assert.deepEqual(
    values,
    TEN.filter((value) => value !== 'row 5'),
  )
  assert.deepEqual([rejected[0]!.from, rejected[0]!.next, rejected.length], [5, 6, 1])
})

test('index files are a cache: missing or broken ones are built again', async () => {
  rig = new EmbeddedRig({ segmentBytes: 250, indexEveryBytes: 1 })
  await tenRows()

  const log = await rig.openAfterCrash(async (folder) => {
    const names = (await readdir(join(folder, 'rows-0'))).filter((name) => name.endsWith('.idx'))
    assert.ok(names.length >= 2)
    await rm(join(folder, 'rows-0', names[0]!))
    await flip(join('rows-0', names[1]!), 3)(folder)
  })

  for (const offset of [1, 4]) {
    assert.deepEqual((await rig.readAll(log, offset)).values, TEN.slice(offset))
  }
})

test('what the disk refuses is LOG_UNREADABLE to its reader, and no file stays open', async () => {
  rig = new EmbeddedRig({ segmentBytes: 100 })
  const log = await tenRows()
  const held: string[] = []
  const { open } = rig.disk
  rig.disk.open = async (path, mode) => {
    if (path.endsWith('.idx')) throw systemError('EIO')
    const file = await open.call(rig.disk, path, mode)
    held.push(path)
    const close = () => file.close().then(() => void held.splice(held.indexOf(path), 1))
    return { ...file, close }
  }

  await assert.rejects(rig.readAll(log), { code: 'LOG_UNREADABLE' })
  rig.disk.open = open

  assert.deepEqual(held, [])
})

test('what a compaction left half-made is removed at opening', async () => {
  await tenRows()
  const half = join('rows-0', '00000000000000000000.log.tmp')

  const log = await rig.openAfterCrash((folder) => writeFile(join(folder, half), 'half'))

  const names = await readdir(join(rig.folder, 'log', 'rows-0'))
  assert.ok(!names.some((name) => name.endsWith('.tmp')))
  assert.deepEqual((await rig.readAll(log)).values, TEN)
})

test('a second opening of a folder fails with LOG_LOCKED until the first is closed', async () => {
  const log = await rig.open()

  await assert.rejects(rig.open(), { code: 'LOG_LOCKED' })

  await log.close()
  await rig.open()
})

test('a partition whose files are gone fails to open with LOG_CORRUPT', async () => {
  await tenRows()

  const opening = rig.openAfterCrash((folder) => rm(join(folder, FIRST)))

  await assert.rejects(opening, { code: 'LOG_CORRUPT' })
})

test('what was opened before another partition failed is let go of', async () => {
  const log = await rig.open()
  await log.createTopic(topicSpec({ partitions: 3 }))

  const second = join('rows-1', '00000000000000000000.log')
  const opening = rig.openAfterCrash((folder) => rm(join(folder, second)))
  await assert.rejects(opening, { code: 'LOG_CORRUPT' })
  await writeFile(join(rig.folder, 'log', second), '')

  assert.equal((await (await rig.open()).ends('rows')).length, 3)
})
