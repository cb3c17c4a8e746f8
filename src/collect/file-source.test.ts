import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { utf8, utf8Text } from '../std/bytes.ts'
import { fileLines, inputLines, type SourceChunk } from './file-source.ts'

async function texts(chunks: AsyncIterable<SourceChunk>): Promise<string[]> {
  const seen: string[] = []
  for await (const { lines } of chunks) {
    for (const line of lines) seen.push(`${line.number} ${utf8Text(line.bytes ?? utf8('?'))}`)
  }
  return seen
}

test('a file reads alike plain and packed, a last line without line feed included', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-file-'))
  const content = `${Array.from({ length: 5000 }, (_, i) => `{"row":${i}}`).join('\n')}\nlast`
  await writeFile(join(folder, 'plain'), content)
  await writeFile(join(folder, 'packed'), gzipSync(content))

  const plain = await texts(fileLines(join(folder, 'plain')))
  const packed = await texts(fileLines(join(folder, 'packed')))
  await rm(folder, { recursive: true })

  assert.equal(plain.length, 5001)
  assert.equal(plain.at(-1), '5001 last')
  assert.deepEqual(packed, plain)
})

test('an input in single bytes reads alike, an empty one has no lines', async () => {
  async function* bytes(content: Uint8Array) {
    for (const byte of content) yield Uint8Array.of(byte)
  }

  assert.deepEqual(await texts(inputLines(bytes(gzipSync('a\nb\n')), 'stdin')), ['1 a', '2 b'])
  assert.deepEqual(await texts(inputLines(bytes(utf8('a\nb')), 'stdin')), ['1 a', '2 b'])
  assert.deepEqual(await texts(inputLines(bytes(utf8('')), 'stdin')), [])
})

test('COLLECT_INPUT_UNREADABLE names the file that is missing or breaks off', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-file-'))
  const broken = join(folder, 'broken.gz')
  await writeFile(broken, gzipSync('a\n'.repeat(100_000)).subarray(0, 60))

  await assert.rejects(texts(fileLines(broken)), { code: 'COLLECT_INPUT_UNREADABLE' })
  await assert.rejects(texts(fileLines(join(folder, 'none'))), /none: ENOENT/)
  await rm(folder, { recursive: true })
})
