import assert from 'node:assert/strict'
import test from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { nodeDisk } from '../../src/log/embedded/node-disk.ts'
import type { Disk } from '../../src/log/embedded/disk.ts'
import { prng } from '../../src/std/prng.ts'
import { assertWindows } from '../rig/assert-windows.ts'
import { monitor } from '../rig/monitor.ts'
import { SteadyRows } from '../rig/steady-rows.ts'
import { oracleWindows } from '../rig/window-oracle.ts'
import { WorkerRig } from '../rig/worker-rig.ts'

const WINDOW = { sizeMs: 10_000, hopMs: 1000 }
/** Less than what the readers of all partitions append to one partition of `panes` at a time. */
const QUEUE_BYTES_MAX = 81_920
/** Turns of the event loop that a write to `panes` takes. */
const WRITE_TURNS = 2000

/** The machine's disk, but slow to write panes; `onWrite` is told how many bytes came at once. */
function slowDisk(onWrite: (bytes: number) => void): Disk {
  return {
    ...nodeDisk,
    open: async (path, mode) => {
      const file = await nodeDisk.open(path, mode)
      if (!path.includes('/panes-') || mode === 'read') return file
      const write = async (bytes: Uint8Array, at: number): Promise<number> => {
        onWrite(bytes.length)
        for (let turn = 0; turn < WRITE_TURNS; turn++) await setImmediate()
        return file.write(bytes, at)
      }
      return { ...file, write }
    },
  }
}

test(
  '[D5] a slow disk makes workers wait, and what waits is bounded',
  { timeout: 60_000 },
  async (t) => {
    let writtenBytesMax = 0
    const disk = slowDisk((bytes) => {
      writtenBytesMax = Math.max(writtenBytesMax, bytes)
    })
    const limits = { queueBytesMax: QUEUE_BYTES_MAX }
    const rig = await WorkerRig.open(t, { monitors: [monitor()], partitions: 4, limits, disk })
    const steady = new SteadyRows(rig, prng(5))
    for (let batch = 0; batch < 40; batch++) await steady.append(250)
    await steady.close()

    const pool = rig.run({ count: 2 })
    await rig.caughtUp()
    const { queueRefusals } = rig.log.stats()
    await pool.stop()

    assert.ok(writtenBytesMax <= QUEUE_BYTES_MAX, `${writtenBytesMax}`)
    assert.deepEqual([queueRefusals, rig.failures.items], [0, []])
    assertWindows(
      await rig.finals(),
      oracleWindows(steady.rows, WINDOW, (row) => row.stream),
    )
  },
)
