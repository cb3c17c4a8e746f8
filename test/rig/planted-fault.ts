import type { Worker } from 'node:worker_threads'
import { startWorker } from '../../src/app/workers/start-worker.ts'
import type { WorkerPlan } from '../../src/app/workers/worker-words.ts'
import type { WorkerFault } from './worker-fault.ts'

const ENTRY = new URL('./faulty-worker.ts', import.meta.url)
const SMALL_HEAP = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 64 }

/** A fault that a test plants in all workers that it starts, and takes away again. */
export class PlantedFault {
  readonly #fault: WorkerFault
  readonly #cells: Int32Array

  constructor(fault: Omit<WorkerFault, 'cells'>) {
    const cells = new SharedArrayBuffer(8)
    this.#fault = { ...fault, cells }
    this.#cells = new Int32Array(cells)
    this.#cells[0] = 1
  }

  readonly start = (plan: WorkerPlan): Worker =>
    startWorker({ ...plan, ...{ fault: this.#fault } }, ENTRY, SMALL_HEAP)

  /** Resolves once it was met so often. */
  async met(times: number): Promise<void> {
    for (;;) {
      const count = Atomics.load(this.#cells, 1)
      if (count >= times) return
      await Atomics.waitAsync(this.#cells, 1, count).value
    }
  }

  cure(): void {
    Atomics.store(this.#cells, 0, 0)
  }
}
