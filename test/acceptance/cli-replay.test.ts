import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { runCli, temporaryFolder } from '../rig/cli.ts'

const FILE = 'test/fixtures/small.ndjson'
const CONFIG = ['--config', 'test/fixtures/small.yaml']

type Row = { readonly ts: number; readonly stream: string; readonly retrans: number }
type FinalWindow = {
  readonly group: { readonly stream: string }
  readonly end: number
  readonly values: { readonly count: number; readonly retrans: number }
}

/** Good rows of the fixture, read without our own code. */
async function goodRows(): Promise<readonly Row[]> {
  const lines = (await readFile(FILE, 'utf8')).split('\n')
  return lines.flatMap((line) => {
    if (!line.endsWith('}')) return []
    const row = JSON.parse(line) as Row
    return typeof row.ts === 'number' ? [row] : []
  })
}

test('the last line with --json is the summary; rows and rejected are all lines', async () => {
  const { code, out, err } = await runCli(['replay', FILE, ...CONFIG, '--json'])

  assert.deepEqual([code, err], [0, ''])
  const summary = JSON.parse(out.trimEnd().split('\n').at(-1)!) as Record<string, unknown>
  const names = 'rows rejected late windows transitions seconds rows_per_s rss_mb digest'
  assert.deepEqual(Object.keys(summary), names.split(' '))
  const { rows, rejected, late, windows, transitions, digest } = summary
  const counts = { rows, rejected, late, windows, transitions }
  assert.deepEqual(counts, { rows: 121, rejected: 2, late: 0, windows: 9, transitions: 4 })
  assert.match(String(digest), /^[0-9a-f]{64}$/)
})

test('[V5] partitions and batches do not change the digest', async () => {
  const digests = new Set<unknown>()
  const ways = [[], ['--partitions', '1'], ['--batch', '1'], ['--batch', '7', '--partitions', '3']]

  for (const way of ways) {
    const { out } = await runCli(['replay', FILE, ...CONFIG, '--json', ...way])
    digests.add((JSON.parse(out) as { digest: string }).digest)
  }

  assert.equal(digests.size, 1)
})

test('[V5] the final windows are those of all rows, late ones included', async (t) => {
  const file = join(await temporaryFolder(t), 'windows.ndjson')

  await runCli(['replay', FILE, ...CONFIG, '--windows', file])

  const expected = new Map<string, { count: number; retrans: number }>()
  for (const { ts, stream, retrans } of await goodRows()) {
    const id = `${stream} ${ts - (ts % 10_000) + 10_000}`
    const { count, retrans: sum } = expected.get(id) ?? { count: 0, retrans: 0 }
    expected.set(id, { count: count + 1, retrans: sum + retrans })
  }
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  const windows = lines.map((line) => JSON.parse(line) as FinalWindow)
  assert.equal(windows.length, expected.size)
  for (const { group, end, values } of windows) {
    const { count, retrans } = values
    assert.deepEqual({ count, retrans }, expected.get(`${group.stream} ${end}`))
  }
})

test('[A13] --transitions writes every step once, without its receipt', async (t) => {
  const file = join(await temporaryFolder(t), 'steps.ndjson')

  await runCli(['replay', FILE, ...CONFIG, '--transitions', file])

  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  const steps = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    steps.map(({ step }) => step),
    ['firing', 'firing', 'firing', 'resolved'],
  )
  assert.equal(new Set(steps.map(({ id }) => id)).size, 4)
  assert.ok(steps.every((step) => !('receipt' in step)))
})

test('a summary for people says rows, rejected, windows and digest', async () => {
  const { code, out } = await runCli(['replay', FILE, ...CONFIG])

  assert.equal(code, 0)
  assert.match(out, /^121 rows in [\d.]+ s: [\d,]+ rows\/s, \d+ MB\n2 rejected, 0 too late/)
  assert.match(out, /\n9 windows, 4 steps of alerts\ndigest [0-9a-f]{64}\n$/)
})

test('REPLAY_DIFFERS: a folder continues its own recording and no other', async (t) => {
  const folder = await temporaryFolder(t)
  const data = ['--data', join(folder, 'data')]
  const other = join(folder, 'other.ndjson')
  await writeFile(other, '{"ts":1795383150000,"stream":"a"}\n')
  const first = await runCli(['replay', FILE, ...CONFIG, '--json', ...data])
  const again = await runCli(['replay', FILE, ...CONFIG, '--json', ...data])

  const refused = await runCli(['replay', other, ...CONFIG, ...data])

  const digestOf = ({ out }: { out: string }) => (JSON.parse(out) as { digest: string }).digest
  assert.equal(digestOf(again), digestOf(first))
  assert.equal(refused.code, 2)
  assert.ok(refused.err.includes('REPLAY_DIFFERS'), refused.err)
})

test('CLI_NOTHING_UNDERSTOOD: rows of foreign names end with 3', async (t) => {
  const file = join(await temporaryFolder(t), 'foreign.ndjson')
  await writeFile(file, '{"time":1,"channel":"a"}\n{"time":2,"channel":"a"}\n')

  const { code, out, err } = await runCli(['replay', file, ...CONFIG, '--json'])

  assert.equal(code, 3)
  assert.equal((JSON.parse(out) as { rejected: number }).rejected, 2)
  assert.match(err, /not one row of .* was understood\n.*map:/)
})
