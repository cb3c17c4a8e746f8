import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import type { LagView } from '../../src/serve/contract.ts'
import { runCli, startUp, temporaryFolder } from '../rig/cli.ts'

const CONFIG = `version: 1
monitors:
  - id: retransmits
    group_by: [stream]
    window: { size: 10s, lateness: 2s }
    aggregates: { retrans: { sum: retrans } }
`
const FREE = 'http://127.0.0.1:9'

test('[G1] lag asks the running Nocturne, and where none runs looks for itself', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'c.yaml'), CONFIG)
  await writeFile(join(folder, 'rows.ndjson'), '{"ts":1795383150000,"stream":"a","retrans":1}\n')
  const words = ['--config', 'c.yaml', '--data', 'data', '--no-simulation']
  const up = await startUp(t, words, folder)
  await runCli(['produce', 'rows.ndjson', '--to', up.url], { cwd: folder })

  const asked = await runCli(['lag', '--to', up.url, '--json'])
  const locked = await runCli(['lag', '--data', 'data'], { cwd: folder })
  up.child.kill('SIGTERM')
  await up.end
  const data = { cwd: folder, env: { NOCTURNE_DATA: 'data' } }
  const alone = await runCli(['lag', '--group', 'aggregate', '--to', FREE], data)
  const missing = await runCli(['lag', '--data', 'nowhere'], { cwd: folder })

  const { lines, total } = JSON.parse(asked.out) as LagView
  assert.ok(lines.some(({ group, end }) => group === 'aggregate' && end > 0))
  assert.equal(typeof total.rows, 'number')
  assert.match(locked.err, /LOG_LOCKED/)
  assert.match(
    alone.out,
    /^group +topic +position +read +end +rows +behind\naggregate +readings\/0/,
  )
  assert.match(alone.out, /\ntotal .*\n$/)
  assert.match(missing.err, /there is no log in .*nowhere/)
  assert.equal(missing.code, 2)
})
