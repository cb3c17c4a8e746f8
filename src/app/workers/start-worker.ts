import { Worker } from 'node:worker_threads'
import type { WorkerPlan } from './worker-words.ts'

/**
 * Young objects live in small rooms, so that a worker stays small; one whose state outgrows its
 * heap ends alone, and not the process.
 */
const LIMITS = { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 1024 }

const ENTRY = new URL('./worker-main.ts', import.meta.url)

/** Starts a thread; a test may have it begin with a file of its own. */
export function startWorker(plan: WorkerPlan, entry = ENTRY, limits = LIMITS): Worker {
  const transferList = plan.place.kind === 'desk' ? [plan.place.ticket.port] : []
  return new Worker(entry, { workerData: plan, transferList, resourceLimits: limits })
}
