import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../std/assert.ts'
import { runWorker } from './run-worker.ts'
import type { WorkerPlan } from './worker-words.ts'

assert(parentPort !== null, 'this file is the first of a worker thread')
await runWorker(workerData as WorkerPlan, parentPort)
