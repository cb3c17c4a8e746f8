import type { Worker } from 'node:worker_threads'
import type { ErrorCode } from '../../model/error-catalogue.ts'
import type { Replaceable } from '../../std/replaceable.ts'
import { Backoff } from '../backoff.ts'
import type { HotProgress, HotSpecs } from '../hot-readers.ts'
import { hotProgressNames } from './worker-words.ts'
import type { Supervision } from '../supervise.ts'
import { applyChange } from './progress-report.ts'
import { followThread, type Spoken, type WorkerEnd } from './worker-thread.ts'
import type { WorkerPlace } from './worker-place.ts'
import type { WorkerOrder, WorkerPlan } from './worker-words.ts'

export type PoolDeps = {
  readonly start: (plan: WorkerPlan) => Worker
  readonly count: number
  /** Workers are told when they are replaced. */
  readonly specs: Replaceable<HotSpecs>
  /** A new place at the log for each start of a worker. */
  readonly place: (worker: string) => WorkerPlace
  readonly supervision: Supervision
  readonly progress: HotProgress
  /** Counts each worker that ended without being told to, or that had to be ended. */
  readonly ended: (reason: WorkerEnd['reason']) => void
}

const LOST: ErrorCode = 'APP_WORKER_LOST'

/**
 * Keeps so many workers running until the signal aborts; resolves when all have ended. One that
 * dies is started again, and others take its partitions meanwhile (R32).
 */
export async function runWorkers(deps: PoolDeps, signal: AbortSignal): Promise<void> {
  const gate = startGate(deps.count)
  const slots = Array.from({ length: deps.count }, (_, i) => {
    const slot = { name: `worker/${i + 1}`, ready: () => gate(i) }
    return keep(deps, slot, signal)
  })
  await Promise.all(slots)
}

/**
 * Lets all begin once the last of them could: whoever was first would take all partitions, only to
 * give most of them away again half-read.
 */
function startGate(count: number): (slot: number) => Promise<void> {
  const open = Promise.withResolvers<void>()
  const arrived = new Set<number>()
  return (slot) => {
    arrived.add(slot)
    if (arrived.size === count) open.resolve()
    return open.promise
  }
}

type Slot = { readonly name: string; readonly ready: () => Promise<void> }

async function keep(deps: PoolDeps, { name, ready }: Slot, signal: AbortSignal): Promise<void> {
  const { supervision, specs } = deps
  const { clock, logger } = supervision
  const backoff = new Backoff(clock)
  while (!signal.aborted) {
    const troubles = new Set<string>()
    backoff.begins()
    const worker = deps.start({ place: deps.place(name), specs: specs.current })
    const over = new AbortController()
    tellReplacements(specs, worker, over.signal)
    const hear = (word: Spoken): void => take(deps, { name, troubles, word })
    const { reason, stack } = await followThread({ clock, worker, hear, ready }, signal)
    over.abort()
    // One that died before it could begin holds the others up no longer.
    void ready()
    for (const trouble of troubles) supervision.troubled(trouble, undefined)
    if (reason === 'stopped') break
    deps.ended(reason)
    const backoff_ms = backoff.next(false)
    logger.error({ worker: name, reason, backoff_ms, stack }, 'a worker thread ended')
    supervision.troubled(name, LOST)
    await clock.sleep(backoff_ms, signal)
    supervision.troubled(name, undefined)
  }
}

/** Hands each newer set of specs to a worker until it is over. */
function tellReplacements(specs: Replaceable<HotSpecs>, worker: Worker, over: AbortSignal): void {
  const tell = (): void => {
    const order: WorkerOrder = { order: 'replace', specs: specs.current }
    worker.postMessage(order)
    tellReplacements(specs, worker, over)
  }
  specs.replaced.addEventListener('abort', tell, { once: true, signal: over })
}

type Heard = {
  readonly name: string
  /** What this start of the worker has called troubled and not well again. */
  readonly troubles: Set<string>
  readonly word: Spoken
}

function take({ supervision, progress }: PoolDeps, { name, troubles, word }: Heard): void {
  switch (word.word) {
    case 'progress':
      for (const name of hotProgressNames) applyChange(progress[name], word.changes[name])
      return
    case 'said':
      return supervision.logger[word.level]({ worker: name, ...word.facts }, word.sentence)
    case 'failed':
      return supervision.failed(word.reader, word.reason)
    case 'missed':
      return supervision.missed(word.reader, word.gap)
    case 'troubled': {
      const trouble = `${word.reader} in ${name}`
      if (word.code === undefined) troubles.delete(trouble)
      else troubles.add(trouble)
      return supervision.troubled(trouble, word.code)
    }
  }
}
