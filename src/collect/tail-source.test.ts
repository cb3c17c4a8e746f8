import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { utf8, utf8Text } from '../std/bytes.ts'
import { tailLines, type TailPosition } from './tail-source.ts'

type Step = () => Promise<void>

/** Each time that the tail would wait, the next step happens; after the last one it ends. */
async function tailed(
  path: string,
  steps: readonly Step[],
  from: { position?: TailPosition; lineCount?: number } = {},
) {
  const stop = new AbortController()
  const left = steps.slice()
  const clock = {
    now: () => 0,
    sleep: async () => {
      const step = left[0]
      left.splice(0, 1)
      if (step === undefined) stop.abort()
      else await step()
    },
  }
  const seen: string[] = []
  let position: TailPosition = { inode: 0, offset: 0 }
  for await (const { lines, inode } of tailLines({ path, clock, ...from }, stop.signal)) {
    for (const line of lines) {
      seen.push(`${line.number} ${utf8Text(line.bytes ?? utf8('?'))}`)
      position = { inode, offset: line.next }
    }
  }
  return { seen, position }
}

async function inFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-tail-'))
  await run(join(folder, 'access.ndjson'))
  await rm(folder, { recursive: true })
}

test('a tail waits for its file and takes a line only when its line feed is there', () =>
  inFolder(async (path) => {
    const { seen } = await tailed(path, [
      () => writeFile(path, 'one\ntw'),
      () => appendFile(path, 'o\nthr'),
    ])

    assert.deepEqual(seen, ['1 one', '2 two'])
  }))

test('a tail reads a renamed file to its end, then the new one, and its numbers go on', () =>
  inFolder(async (path) => {
    await writeFile(path, 'one\n')

    const { seen } = await tailed(path, [
      async () => {
        await rename(path, `${path}.1`)
        await appendFile(`${path}.1`, 'two\n')
      },
      async () => {
        await appendFile(`${path}.1`, 'three')
        await writeFile(path, 'four\n')
      },
    ])

    assert.deepEqual(seen, ['1 one', '2 two', '3 three', '4 four'])
  }))

test('a tail reads a truncated file again from its beginning', () =>
  inFolder(async (path) => {
    await writeFile(path, 'one\ntwo\n')

    const { seen } = await tailed(path, [
      async () => {
        await truncate(path)
        await appendFile(path, 'new\n')
      },
    ])

    assert.deepEqual(seen, ['1 one', '2 two', '3 new'])
  }))

test('a tail goes on at its position, also where the file was rotated meanwhile', () =>
  inFolder(async (path) => {
    await writeFile(path, 'one\n')
    const { position } = await tailed(path, [])
    await appendFile(path, 'two\n')

    const here = await tailed(path, [], { position, lineCount: 1 })
    await rename(path, `${path}.1`)
    await writeFile(path, 'three\n')
    const rotated = await tailed(path, [], { position, lineCount: 1 })

    assert.deepEqual(here.seen, ['2 two'])
    assert.deepEqual(rotated.seen, ['2 two', '3 three'])
  }))
