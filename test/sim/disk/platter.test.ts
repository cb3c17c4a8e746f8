import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8, utf8Text } from '../../../src/std/bytes.ts'
import { prng } from '../../../src/std/prng.ts'
import { Platter } from './platter.ts'

const FOLDER = '/data'
const FILE = '/data/file'

/** A file of a folder, both durable. */
function platter(content: string): Platter {
  const made = new Platter()
  made.makeFolder(FOLDER)
  made.syncFolder('/')
  const file = made.create(FILE)
  made.syncFolder(FOLDER)
  file.write(utf8(content), 0)
  file.sync(file.mark)
  return made
}

function contentOf(disk: Platter, path: string): string {
  const file = disk.file(path)
  const bytes = new Uint8Array(file.size)
  file.read(bytes, 0)
  return utf8Text(bytes)
}

const namesOf = (disk: Platter): string =>
  disk
    .list(FOLDER)
    .map(({ name }) => name)
    .join()

test('what was synced survives a power cut, what was not may be there, torn or gone', () => {
  const seen = new Set<string>()
  for (let seed = 0; seed < 200; seed++) {
    const disk = platter('synced')
    disk.file(FILE).write(utf8('-one'), 6)
    disk.file(FILE).write(utf8('-two'), 10)

    disk.cutPower(prng(seed))

    seen.add(contentOf(disk, FILE))
  }

  for (const content of seen) assert.ok(content.startsWith('synced'), content)
  const wanted = ['synced', 'synced-one', 'synced-one-two', 'synced-on', 'synced\0\0\0\0-two']
  assert.deepEqual(
    wanted.filter((content) => !seen.has(content)),
    [],
  )
})

test('a sync covers what was written before it began, and nothing behind it', () => {
  const lengths = Array.from({ length: 100 }, (_, seed) => {
    const disk = platter('')
    const file = disk.file(FILE)
    file.write(utf8('before'), 0)
    const { mark } = file
    file.write(utf8(' behind'), 6)
    file.sync(mark)
    disk.cutPower(prng(seed))
    return contentOf(disk, FILE).length
  })

  assert.equal(Math.min(...lengths), 6)
  assert.equal(Math.max(...lengths), 13)
})

test('what a failed sync let go of is read back, and is gone with the power', () => {
  const disk = platter('synced')
  const file = disk.file(FILE)
  file.write(utf8(' lost'), 6)
  file.loseUnsynced(file.mark)
  assert.equal(contentOf(disk, FILE), 'synced lost')

  file.sync(file.mark)
  disk.cutPower(prng(1))

  assert.equal(contentOf(disk, FILE), 'synced')
})

test('a name is durable once its folder is synced, and a rename is never half done', () => {
  const seen = new Set<string>()
  for (let seed = 0; seed < 100; seed++) {
    const disk = platter('content')
    disk.rename(FILE, '/data/renamed')
    disk.create('/data/other')

    disk.cutPower(prng(seed))

    seen.add(namesOf(disk))
  }

  assert.ok(seen.isSubsetOf(new Set(['file', 'renamed', 'renamed,other', 'file,other'])))
  assert.ok(seen.has('file') && seen.has('renamed,other'))
})

test('a folder whose own name is not durable is gone with all that is in it', () => {
  const left = Array.from({ length: 20 }, (_, seed) => {
    const disk = new Platter()
    disk.makeFolder(FOLDER)
    disk.create(FILE)
    disk.syncFolder(FOLDER)
    disk.cutPower(prng(seed))
    return disk.has(FOLDER) === disk.has(FILE) && disk.has(FILE)
  })

  assert.ok(left.includes(true) && left.includes(false))
})

test('a file is what the calls on it made, in any order and however often synced', () => {
  const calls = fc.array(
    fc.oneof(
      fc.record({ at: fc.nat(40), text: fc.string({ maxLength: 12 }) }),
      fc.record({ size: fc.nat(40) }),
      fc.constant('sync' as const),
    ),
  )
  fc.assert(
    fc.property(calls, (made) => {
      const disk = platter('')
      const file = disk.file(FILE)
      let expected = new Uint8Array(0)
      for (const call of made) {
        if (call === 'sync') file.sync(file.mark)
        else if ('size' in call) {
          file.truncate(call.size)
          const kept = expected.slice(0, call.size)
          expected = new Uint8Array(call.size)
          expected.set(kept)
        } else {
          const bytes = utf8(call.text)
          file.write(bytes, call.at)
          const grown = new Uint8Array(Math.max(expected.length, call.at + bytes.length))
          grown.set(expected)
          grown.set(bytes, call.at)
          expected = grown
        }
      }
      file.sync(file.mark)
      disk.cutPower(prng(1))

      const left = new Uint8Array(file.size)
      file.read(left, 0)
      assert.deepEqual(left, expected)
    }),
  )
})
