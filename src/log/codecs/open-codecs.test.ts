import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prng } from '../../std/prng.ts'
import { crc32c } from '../../wire/record-batch/crc32c.ts'
import { openCodecs } from './open-codecs.ts'

/** Builds of the optional package that `package-lock.json` has. */
const BUILDS: readonly string[] = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']
const isBuilt = BUILDS.includes(`${process.platform}-${process.arch}`)

test(
  'the native checksum is that of our own code, over any part of any bytes',
  { skip: isBuilt ? false : 'the optional package has no build for this machine' },
  async () => {
    const codecs = await openCodecs()
    const random = prng(9)
    const bytes = Uint8Array.from({ length: 70_000 }, () => random.below(256))

    assert.equal(codecs.crc32cBy, 'native')
    for (let i = 0; i < 3000; i++) {
      const from = random.below(3000)
      const to = from + random.below(i % 2 === 0 ? 2000 : bytes.length - from)
      assert.equal(codecs.crc32c(bytes, from, to), crc32c(bytes, from, to), `[${from}, ${to})`)
    }
  },
)

test('without a native build, or with a wrong one, our own code is taken', async () => {
  const bytes = new TextEncoder().encode('123456789'.repeat(100))
  const missing = await openCodecs(() => Promise.reject(new Error('no build')))
  const wrong = await openCodecs(() => Promise.resolve(() => 7))

  assert.deepEqual([missing.crc32cBy, wrong.crc32cBy], ['plain', 'plain'])
  assert.equal(missing.crc32cBy === 'plain' && missing.reason, 'Error: no build')
  for (const codecs of [missing, wrong]) {
    assert.equal(codecs.crc32c(bytes, 0, 9), 0xe3069283)
    assert.equal(codecs.crc32c(bytes, 3, 900), crc32c(bytes, 3, 900))
  }
})
