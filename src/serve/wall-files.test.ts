import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadWallFiles } from './wall-files.ts'

test('[R15] the wall’s files are a list made once, of known kinds only', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wall-'))
  t.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'wall.html'), '<!doctype html>')
  await writeFile(join(folder, 'assets', 'wall-1a.js'), 'x')
  await writeFile(join(folder, 'notes.txt'), 'not ours')

  const files = await loadWallFiles(folder)

  assert.deepEqual([...files.keys()].sort(), ['/assets/wall-1a.js', '/wall.html'])
  assert.equal(files.get('/assets/wall-1a.js')?.isHashed, true)
  assert.equal(files.get('/wall.html')?.isHashed, false)
})

test('a folder that is not there is a wall without files', async () => {
  assert.equal((await loadWallFiles(join(tmpdir(), 'no-such-wall'))).size, 0)
})
