import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { utf8Text } from '../std/bytes.ts'
import { readConfig } from './read-config.ts'
import { readConfigApart } from './read-config-apart.ts'

/** A configuration in a folder of its own, with a secret beside it. */
async function written(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-config-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'key'), 'sesame\n')
  await chmod(join(folder, 'key'), 0o600)
  await writeFile(join(folder, 'c.yaml'), text)
  return join(folder, 'c.yaml')
}

test('[R9] a configuration read in another thread is the same, its secret too', async (t) => {
  const sampling = '{ rate: 0.1, key_file: key }'
  const config = await written(t, `version: 1\nworkers: 2\ncollect: { sampling: ${sampling} }\n`)
  const env = { NOCTURNE_SITE: 'ams9' }

  const apart = await readConfigApart({ config }, env)

  const { key } = apart.collect.sampling
  assert.equal(utf8Text(key!.reveal()), 'sesame')
  assert.deepEqual([apart.workers, apart.site], [2, 'ams9'])
  assert.deepEqual(apart, readConfig({ config }, { env }))
})

test('[R6] what is wrong with it is told as by the thread that asked', async (t) => {
  const config = await written(t, 'version: 1\nworkers: many\n')
  const asked = readConfigApart({ config }, {})

  await assert.rejects(asked, (error: Error & { code?: string }) => {
    assert.equal(error.code, 'CONFIG_INVALID')
    assert.throws(() => readConfig({ config }, { env: {} }), { message: error.message })
    assert.match(error.message, /workers/)
    return true
  })
})
