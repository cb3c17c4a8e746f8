import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { runCli, temporaryFolder } from '../rig/cli.ts'

const FOLDER = 'test/cases'

test('every shipped case passes', async () => {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.case'))

  const { code, out, err } = await runCli(['test', 'cases', FOLDER])

  assert.equal(code, 0, out)
  assert.ok(files.length >= 5)
  assert.equal(out.match(/^ok /gm)?.length, files.length)
  assert.equal(err, `${files.length} cases passed\n`)
})

test('CLI_CASE_FAILED: a wrong expectation ends with 1 and shows what came instead', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'wrong.case')
  const right = await readFile(join(FOLDER, 'window-border.case'), 'utf8')
  await writeFile(file, right.replace('end=10s retrans=3 rows=1', 'end=10s retrans=7 rows=2'))

  const { code, out, err } = await runCli(['test', 'cases', folder])

  assert.equal(code, 1)
  assert.ok(err.includes('1 of 1 case failed'), err)
  const at = right.split('\n').findIndex((line) => line.includes('retrans=3 rows=1')) + 1
  assert.ok(out.includes(`${file}:${at}  at 12s`) || out.includes(`${file}:${at}  expect`), out)
  assert.match(out, /retrans {2}expected 7\n +but got {2}3\n/)
  assert.match(out, /rows {5}expected 2\n +but got {2}1\n/)
})

test('CLI_CASE_INVALID: what is not understood ends with 3 and its place', async (t) => {
  const file = join(await temporaryFolder(t), 'broken.case')
  await writeFile(file, 'monitors: []\n---\nat 3s rwo stream=a\nat 1s heartbeat\n')

  const { code, err } = await runCli(['test', 'cases', file])

  assert.equal(code, 3)
  assert.ok(err.includes(`${file}:3:7 "rwo" is not known here; did you mean row?`), err)
  assert.ok(err.includes(`${file}:4:4 time would step back`), err)
})

test('[R6] a mistake in the head of a case names its line', async (t) => {
  const file = join(await temporaryFolder(t), 'head.case')
  await writeFile(file, '# a title\n\nmonitosr: []\n---\nat 3s heartbeat\n')

  const { code, err } = await runCli(['test', 'cases', file])

  assert.equal(code, 3)
  assert.ok(err.includes(`${file}:3:1 monitosr: there is no "monitosr" here`), err)
})
