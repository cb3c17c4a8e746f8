import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { LogCells } from './log-cells.ts'

test('[L17] a wait on a line ends with a write, and at once where one was missed', async () => {
  const cells = LogCells.ofPartitions(2)
  const other = new LogCells(cells.memory)
  const { version } = other.read(1)

  const waiting = other.changed(1, version)
  cells.write(0, { layout: 0, end: 1, bytes: 1 })
  cells.write(1, { layout: 2, end: 7, bytes: 70 })
  await waiting
  await other.changed(1, version)

  const { version: _, ...state } = other.read(1)
  assert.deepEqual(state, { layout: 2, end: 7, bytes: 70 })
})

/** Writes states whose three numbers are equal, as fast as it can, until the first is −1. */
const WRITER = `
  import { workerData } from 'node:worker_threads'
  const { LogCells } = await import(workerData.module)
  const cells = new LogCells(workerData.memory)
  const stop = new Int32Array(workerData.stop)
  for (let n = 0; Atomics.load(stop, 0) === 0; n++) cells.write(1, { layout: n, end: n, bytes: n })
`

test('[L4] a state that another thread writes is read whole', { timeout: 30_000 }, async () => {
  const cells = LogCells.ofPartitions(3)
  const stop = new SharedArrayBuffer(4)
  const module = new URL('./log-cells.ts', import.meta.url).href
  const workerData = { memory: cells.memory, module, stop }
  const writer = new Worker(new URL(`data:text/javascript,${encodeURIComponent(WRITER)}`), {
    workerData,
  })
  const exited = new Promise((resolve) => writer.once('exit', resolve))
  await cells.changed(1, 0n)

  let changes = 0
  let before = -1
  for (let i = 0; i < 300_000; i++) {
    const { layout, end, bytes } = cells.read(1)
    assert.ok(layout === end && end === bytes, `${layout} ${end} ${bytes}`)
    assert.ok(layout >= before, `${layout} after ${before}`)
    if (layout !== before) changes++
    before = layout
  }
  Atomics.store(new Int32Array(stop), 0, 1)
  await exited

  assert.ok(changes > 1)
})
