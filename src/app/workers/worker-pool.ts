import type { ErrorCode } from '../../model/error-catalogue.ts'
import type { RemoteTicket } from '../../log/embedded/remote/remote-log.ts'
import { Backoff } from '../backoff.ts'
import type { HotProgress, HotSpecs } from '../hot-readers.ts'
import type { Supervision } from '../supervise.ts'
import { applyChange } from './progress-report.ts'
import { runThread, type WorkerEnd } from './worker-thread.ts'
import type { WorkerWord } from './worker-words.ts'

export type PoolDeps = {
  /** The file that a worker begins with. */
  readonly entry: URL
  readonly count: number
  readonly specs: HotSpecs
  /** A new place at the log for each start of a worker. */
  readonly share: () => RemoteTicket
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
  const slots = Array.from({ length: deps.count }, (_, i) => keep(deps, `worker/${i + 1}`, signal))
  await Promise.all(slots)
}

async function keep(deps: PoolDeps, name: string, signal: AbortSignal): Promise<void> {
  const { supervision, specs, entry } = deps
  const { clock, logger } = supervision
  const backoff = new Backoff(clock)
  while (!signal.aborted) {
    const troubles = new Set<string>()
    backoff.begins()
    const plan = { ticket: deps.share(), specs }
    const hear = (word: WorkerWord): void => take(deps, { name, troubles, word })
    const { reason, stack } = await runThread({ clock, entry, plan, hear }, signal)
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

type Heard = {
  readonly name: string
  /** What this start of the worker has called troubled and not well again. */
  readonly troubles: Set<string>
  readonly word: WorkerWord
}

function take({ supervision, progress }: PoolDeps, { name, troubles, word }: Heard): void {
  switch (word.word) {
    case 'progress':
      applyChange(progress.aggregate, word.aggregate)
      applyChange(progress.evaluate, word.evaluate)
      return
    case 'said':
      return supervision.logger[word.level]({ worker: name, ...word.facts }, word.sentence)
    case 'failed':
      return supervision.failed(word.reader, word.reason)
    case 'troubled': {
      const trouble = `${word.reader} in ${name}`
      if (word.code === undefined) troubles.delete(trouble)
      else troubles.add(trouble)
      return supervision.troubled(trouble, word.code)
    }
  }
}
