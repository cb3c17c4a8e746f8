import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { parseSs } from '../wire/ss/ss-text.ts'
import { runSs } from './run-ss.ts'

const isThere = ['/usr/bin/ss', '/bin/ss', '/usr/sbin/ss', '/sbin/ss'].some((path) =>
  existsSync(path),
)
const skip = isThere ? false : 'ss (iproute2) is not installed on this machine'

test('the sockets of this host read whole', { skip }, async () => {
  const dump = parseSs(await runSs(new AbortController().signal))

  assert.equal(dump.badLineCount, 0)
})

test('COLLECT_SS_FAILED says why there is no dump', async () => {
  const stop = new AbortController()
  stop.abort()

  await assert.rejects(runSs(stop.signal), { code: 'COLLECT_SS_FAILED' })
})
