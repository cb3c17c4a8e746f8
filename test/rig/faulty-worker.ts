// A worker whose reader of one partition fails on purpose: the first file of its thread.
import assert from 'node:assert/strict'
import { parentPort, workerData } from 'node:worker_threads'
import { hotReaders } from '../../src/app/hot-readers.ts'
import { runWorker } from '../../src/app/workers/run-worker.ts'
import type { WorkerFault } from './worker-fault.ts'
import type { WorkerPlan } from '../../src/app/workers/worker-words.ts'

const { fault, ...plan } = workerData as WorkerPlan & { readonly fault: WorkerFault }
const cells = new Int32Array(fault.cells)

/** Fails as long as the fault is on, and says how often it did. */
function meet(): void {
  if (Atomics.load(cells, 0) === 0) return
  if (fault.isOnce) Atomics.store(cells, 0, 0)
  Atomics.add(cells, 1, 1)
  Atomics.notify(cells, 1)
  if (fault.kind === 'bug') throw new TypeError('planted')
  const kept: unknown[] = []
  for (;;) if (fault.kind === 'memory') kept.push(Array.from({ length: 1000 }, () => ({})))
}

assert.ok(parentPort !== null)
await runWorker(plan, parentPort, (deps) =>
  hotReaders(deps).map((reader) => ({
    ...reader,
    read: async (claim, log) => {
      if (`${claim.topic}/${claim.partition}` === fault.at) meet()
      await reader.read(claim, log)
    },
  })),
)
