import assert from 'node:assert/strict'
import test from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import type { ProgressChange } from '../../src/app/workers/progress-report.ts'
import { startWorker } from '../../src/app/workers/start-worker.ts'
import type { WorkerPlan, WorkerWord } from '../../src/app/workers/worker-words.ts'
import { prng } from '../../src/std/prng.ts'
import { Arrivals } from '../rig/arrivals.ts'
import { assertWindows } from '../rig/assert-windows.ts'
import { monitor } from '../rig/monitor.ts'
import { SteadyRows } from '../rig/steady-rows.ts'
import { oracleWindows } from '../rig/window-oracle.ts'
import { WorkerRig, type RunningPool } from '../rig/worker-rig.ts'

const WINDOW = { sizeMs: 10_000, hopMs: 1000 }
const LIMIT = { timeout: 120_000 }
const BATCH_ROWS = 400
const KILLS = 10

const hasFacts = (change: ProgressChange[string] | undefined): boolean =>
  typeof change === 'object' && change.length > 0

test(
  '[D4] [V5] partitions move between one to three workers and no window differs',
  LIMIT,
  async (t) => {
    const random = prng(20_261_122)
    const rig = await WorkerRig.open(t, { monitors: [monitor()], partitions: 6 })
    const steady = new SteadyRows(rig, random)
    const pools: RunningPool[] = [rig.run({ count: 1 })]
    for (let batch = 0; batch < 60; batch++) {
      await steady.append(BATCH_ROWS)
      if (batch % 3 !== 0) continue
      // Whoever leaves does so while others read on, and never the last one.
      const leaves = pools.length === 3 || (pools.length === 2 && random.next() < 0.5)
      if (leaves) await pools.splice(random.below(pools.length), 1)[0]!.stop()
      else pools.push(rig.run({ count: 1 }))
    }
    await steady.close()

    await rig.caughtUp()
    for (const pool of pools) await pool.stop()

    assert.deepEqual(rig.failures.items, [])
    assertWindows(
      await rig.finals(),
      oracleWindows(steady.rows, WINDOW, (row) => row.stream),
    )
  },
)

test(
  '[R32] [D2] workers killed ten times under load lose nothing and double nothing',
  LIMIT,
  async (t) => {
    const random = prng(7)
    const rig = await WorkerRig.open(t, { monitors: [monitor()], partitions: 4 })
    const steady = new SteadyRows(rig, random)
    const alive = new Set<Worker>()
    /** Workers at each report that says that a partition is theirs. */
    const reading = new Arrivals<Worker>()
    const start = (plan: WorkerPlan): Worker => {
      const worker = startWorker(plan)
      alive.add(worker)
      worker.once('exit', () => alive.delete(worker))
      worker.on('message', (word: WorkerWord) => {
        const isOwner = word.word === 'progress' && hasFacts(word.changes.aggregate['next'])
        if (isOwner) reading.push(worker)
      })
      return worker
    }
    const pool = rig.run({ count: 2, start })
    for (let kill = 1; kill <= KILLS; kill++) {
      const victim = await reading.first((worker) => alive.has(worker))
      for (let batches = random.below(8); batches > 0; batches--) await steady.append(BATCH_ROWS)
      for (let turns = random.below(300); turns > 0; turns--) await setImmediate()
      const appending = steady.append(BATCH_ROWS)
      await victim.terminate()
      await appending
      await rig.ends.first(() => rig.ends.items.length === kill)
    }
    await steady.close()

    await rig.caughtUp()
    await pool.stop()

    assert.deepEqual(
      rig.ends.items,
      Array.from({ length: KILLS }, () => 'failed'),
    )
    assertWindows(
      await rig.finals(),
      oracleWindows(steady.rows, WINDOW, (row) => row.stream),
    )
  },
)
