import assert from 'node:assert/strict'
import test from 'node:test'
import { commitPositions } from '../../src/app/positions/commit-positions.ts'
import { checkpointLog } from '../../src/evaluate/checkpoint-log.ts'
import { prng } from '../../src/std/prng.ts'
import { assertWindows } from '../rig/assert-windows.ts'
import { monitor } from '../rig/monitor.ts'
import { SteadyRows } from '../rig/steady-rows.ts'
import { oracleWindows } from '../rig/window-oracle.ts'
import { WorkerRig } from '../rig/worker-rig.ts'

const WINDOW = { sizeMs: 10_000, hopMs: 1000 }
const LIMIT = { timeout: 60_000 }

test(
  '[D8] workers tell of their gaps, and all is read again where rows were lost',
  LIMIT,
  async (t) => {
    const rig = await WorkerRig.open(t, { monitors: [monitor()], partitions: 1 })
    const steady = new SteadyRows(rig, prng(5))
    await steady.append(1000)
    const { end } = (await rig.log.ends('readings'))[0]!
    await rig.log.moveTo('aggregate', 'readings', [end + 7])

    const pool = rig.run({ count: 1 })
    await steady.close()
    await rig.caughtUp()
    await pool.stop()

    assert.match(rig.gaps.items.join(), /^aggregate readings lost \d+ \d+$/)
    const expected = oracleWindows(steady.rows, WINDOW, (row) => row.stream)
    assertWindows(await rig.finals(), expected)
  },
)

test(
  '[D8] a checkpoint above the end keeps its state, and no window lacks a row',
  LIMIT,
  async (t) => {
    const rig = await WorkerRig.open(t, { monitors: [monitor()], partitions: 1 })
    const steady = new SteadyRows(rig, prng(6))
    const first = rig.run({ count: 1 })
    await steady.append(2000)
    await rig.caughtUp()
    await first.stop()
    const found = (await checkpointLog.read(rig.log, 0))!
    const lost = { ...found, offset: found.offset + 1_000_000 }
    const note = String(await checkpointLog.append(rig.log, { partition: 0, slot: 1 }, lost))
    const positions = [{ offset: found.rebuildFrom, note }]
    await commitPositions(rig.log, { group: 'evaluate', topic: 'panes', positions })

    await steady.append(2000)
    await steady.close()
    const second = rig.run({ count: 1 })
    await rig.gaps.first(() => rig.gaps.items.length > 0)
    await rig.caughtUp()
    await second.stop()

    assert.match(rig.gaps.items.join(), new RegExp(`^evaluate panes lost \\d+ ${lost.offset}$`))
    assert.deepEqual(rig.failures.items, [])
    const expected = oracleWindows(steady.rows, WINDOW, (row) => row.stream)
    assertWindows(await rig.finals(), expected)
  },
)
