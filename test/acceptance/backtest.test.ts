import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeWorkload } from '../../bench/workload.ts'
import { openLogFolder } from '../../src/app/log/open-log.ts'
import { backtest, type BacktestSummary } from '../../src/app/offline/backtest.ts'
import type { ReplaySummary } from '../../src/app/replay.ts'
import { systemClock } from '../../src/std/clock.ts'
import { runCli, temporaryFolder } from '../rig/cli.ts'
import { readFinalWindows } from '../rig/final-windows.ts'
import { configOf } from '../rig/replay-run.ts'

const CONFIG = 'examples/ott.yaml'

test('[R25] [V5] rows that the log has end in the windows and steps that they had', async (t) => {
  const folder = await temporaryFolder(t)
  const [path, data] = [join(folder, 'rows.ndjson'), join(folder, 'data')]
  const [was, is] = [join(folder, 'was.ndjson'), join(folder, 'is.ndjson')]
  await writeWorkload(path, { seconds: 60, rowsPerSecond: 300, seed: 5, streamCount: 30 })
  const replaying = ['replay', path, '--config', CONFIG, '--data', data, '--json']
  const replayed = await runCli([...replaying, '--transitions', was])

  const words = ['backtest', '--from', '1h', '--config', CONFIG, '--data', data, '--json']
  const windows = join(folder, 'windows.ndjson')
  const again = await runCli([...words, '--transitions', is, '--windows', windows])

  assert.deepEqual([replayed.code, again.code], [0, 0], again.err)
  const then: ReplaySummary = JSON.parse(replayed.out)
  const now: BacktestSummary = JSON.parse(again.out)
  assert.ok(then.windows > 1000 && then.transitions > 0)
  assert.deepEqual([now.digest, now.windows, now.rows], [then.digest, then.windows, then.rows])
  assert.equal((await readFinalWindows(windows)).length, then.windows)
  assert.equal(await readFile(is, 'utf8'), await readFile(was, 'utf8'))
  assert.ok(now.records > now.rows, 'heartbeats are records of the span')
  assert.deepEqual([now.engine, now.cut], ['own', false])
})

test('[R25] a back-test follows other monitors than those that were in force', async (t) => {
  const folder = await temporaryFolder(t)
  const [path, data] = [join(folder, 'rows.ndjson'), join(folder, 'data')]
  await writeWorkload(path, { seconds: 30, rowsPerSecond: 100, seed: 6, streamCount: 5 })
  await runCli(['replay', path, '--config', CONFIG, '--data', data])
  const config = join(folder, 'other.yaml')
  await writeFile(
    config,
    `version: 1
monitors:
  - id: all-of-it
    group_by: []
    window: { size: 10s, lateness: 5s }
    aggregates: { rows: { count: rows } }
`,
  )

  const words = ['backtest', '--from', '1h', '--config', config, '--data', data, '--json']
  const { code, out, err } = await runCli(words)

  assert.equal(code, 0, err)
  const { windows, transitions, rows }: BacktestSummary = JSON.parse(out)
  assert.deepEqual([windows, transitions, rows], [3, 0, 3000])
})

test('[R25] a back-test that is stopped says so', async (t) => {
  const folder = await temporaryFolder(t)
  const [path, data] = [join(folder, 'rows.ndjson'), join(folder, 'data')]
  await writeWorkload(path, { seconds: 1, rowsPerSecond: 100, seed: 7, streamCount: 5 })
  await runCli(['replay', path, '--config', CONFIG, '--data', data])
  const log = await openLogFolder(data)
  const span = { fromMs: 0, toMs: systemClock.now() }
  const config = configOf({ file: CONFIG })

  const running = backtest({
    ...{ config, log, engine: 'own', ...span, rssMb: () => 0 },
    signal: AbortSignal.abort(),
  })

  await assert.rejects(running, { code: 'BACKTEST_STOPPED' })
  await log.close()
})

test('[R25] a span without rows is said to be one', async (t) => {
  const folder = await temporaryFolder(t)
  const [path, data] = [join(folder, 'rows.ndjson'), join(folder, 'data')]
  await writeWorkload(path, { seconds: 1, rowsPerSecond: 100, seed: 7, streamCount: 5 })
  await runCli(['replay', path, '--config', CONFIG, '--data', data])

  const words = ['backtest', '--from', '2h', '--to', '1h', '--config', CONFIG, '--data', data]
  const { code, err } = await runCli(words)

  assert.equal(code, 3)
  assert.match(err, /BACKTEST_EMPTY/)
})
