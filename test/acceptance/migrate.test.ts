import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { writeWorkload } from '../../bench/workload.ts'
import { migrateLog } from '../../src/app/migrate/migrate-log.ts'
import { openLogFolder } from '../../src/app/log/open-log.ts'
import { embeddedLimits } from '../../src/log/embedded/embedded-limits.ts'
import { prng } from '../../src/std/prng.ts'
import { assertWindows } from '../rig/assert-windows.ts'
import { runCli, temporaryFolder } from '../rig/cli.ts'
import { monitor } from '../rig/monitor.ts'
import {
  folderBytes,
  replayToEnd,
  replayUntilKilled,
  stepIds,
  type ReplayCommand,
} from '../rig/replay-process.ts'
import { SteadyRows } from '../rig/steady-rows.ts'
import { oracleWindows } from '../rig/window-oracle.ts'
import { WorkerRig } from '../rig/worker-rig.ts'

const LIMIT = { timeout: 180_000 }
const TARGET = 'version: 1\nlog: { partitions: 4 }\n'

test('[G4] [V5] readers that had come halfway go on behind a migration', LIMIT, async (t) => {
  const plan = { monitors: [monitor()], partitions: 4 }
  const [old, fresh] = [await WorkerRig.open(t, plan), await WorkerRig.open(t, plan)]
  const steady = new SteadyRows(old, prng(11))
  const before = old.run({ count: 2 })
  await steady.append(3000)
  await old.caughtUp()
  await before.stop()
  const source = { positions: await old.log.positions('evaluate', 'panes') }

  const progress = { readBytes: 0, rows: 0 }
  const { groups } = await migrateLog({ source: old.log, target: fresh.log, progress })
  const carried = {
    aggregate: await fresh.log.positions('aggregate', 'readings'),
    evaluate: await fresh.log.positions('evaluate', 'panes'),
  }
  await old.log.close()
  old.log = fresh.log
  old.progress.aggregate.next.clear()
  old.progress.evaluate.next.clear()
  const after = old.run({ count: 2 })
  await steady.append(3000)
  await steady.close()
  await old.caughtUp()
  await after.stop()

  assert.deepEqual(groups, ['aggregate', 'evaluate'])
  assert.ok(carried.aggregate.every((position) => position!.note.startsWith('{"p":[')))
  assert.ok(carried.evaluate.every((position) => position!.note !== ''))
  const offsetsOf = (positions: typeof carried.evaluate) => positions.map((at) => at?.offset)
  assert.deepEqual(offsetsOf(carried.evaluate), offsetsOf(source.positions))
  assert.deepEqual(old.failures.items, [])
  assertWindows(
    await old.finals(),
    oracleWindows(steady.rows, { sizeMs: 10_000, hopMs: 1000 }, (row) => row.stream),
  )
})

test(
  '[G4] [V5] half a recording here and half after a migration ends as one run',
  LIMIT,
  async (t) => {
    const folder = await temporaryFolder(t)
    const path = join(folder, 'rows.ndjson')
    await writeWorkload(path, { seconds: 60, rowsPerSecond: 500, seed: 3, streamCount: 40 })
    await writeFile(join(folder, 'new.yaml'), TARGET)
    const commandIn = async (name: string): Promise<ReplayCommand> => {
      const dataFolder = join(folder, name)
      await mkdir(dataFolder)
      const transitionsPath = join(folder, `${name}.ndjson`)
      return { path, config: 'examples/ott.yaml', dataFolder, transitionsPath }
    }
    const unbroken = await commandIn('unbroken')
    const reference = await replayToEnd(unbroken)
    const { reserveBytes } = embeddedLimits
    const half = (reserveBytes + (await folderBytes(unbroken.dataFolder))) / 2
    const [before, after] = [await commandIn('before'), await commandIn('after')]
    assert.ok(await replayUntilKilled(before, half), 'it was killed halfway')

    const words = [
      'migrate',
      '--from-data',
      before.dataFolder,
      '--config',
      join(folder, 'new.yaml'),
    ]
    const migration = await runCli([...words, '--data', after.dataFolder])
    const again = await runCli([...words, '--data', after.dataFolder])
    const itself = await runCli([...words, '--data', before.dataFolder])
    const summary = await replayToEnd(after)

    assert.equal(migration.code, 0, migration.err)
    assert.match(migration.out, /^topic +rows\n(.*\n)*readings +[\d,]+\n/)
    assert.match(migration.err, /^Where these stood was carried over/)
    assert.deepEqual([again.code, itself.code], [4, 4])
    const told = ({ rows, late, windows, transitions, digest }: typeof summary) => ({
      rows,
      late,
      windows,
      transitions,
      digest,
    })
    assert.deepEqual(told(summary), told(reference))
    const ids = await stepIds(after.transitionsPath)
    assert.ok(ids.length > 0)
    assert.deepEqual(ids, await stepIds(unbroken.transitionsPath))
    const source = await openLogFolder(before.dataFolder)
    assert.ok(
      (await source.ends('readings')).some(({ end }) => end > 0),
      'the source is left',
    )
    await source.close()
  },
)
