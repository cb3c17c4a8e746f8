import type { Worker } from 'node:worker_threads'
import type { Clock } from '../../std/clock.ts'
import type { WorkerOrder, WorkerWord } from './worker-words.ts'

/**
 * A worker that says nothing in ten such rounds one after another is in a loop that never ends. Not
 * by the clock: where this thread or the machine slept, the worker is not to blame.
 */
const ROUND_MS = 3000
const SILENT_ROUNDS_MAX = 10
/** So long may a worker take to finish its turns, commit and end. */
const STOP_MS_MAX = 10_000

/** Why a worker ended: by order, by an error of its own, or because it hung. */
export type WorkerEnd = {
  readonly reason: 'stopped' | 'failed' | 'hung'
  /** Stack of what ended it, where something did. */
  readonly stack?: string
}

/** What a worker says of its work. */
export type Spoken = Exclude<WorkerWord, { readonly word: 'ready' }>

export type ThreadDeps = {
  readonly clock: Clock
  readonly worker: Worker
  readonly hear: (word: Spoken) => void
  /** Called when it could begin; resolves when it may. */
  readonly ready: () => Promise<void>
}

/** Follows one worker thread until it ends; when the signal aborts it is told to stop. */
export async function followThread(deps: ThreadDeps, signal: AbortSignal): Promise<WorkerEnd> {
  const { clock, worker, hear, ready } = deps
  let silentRounds = 0
  let stack: string | undefined
  let hasHung = false
  const over = new AbortController()
  const exited = new Promise<number>((resolve) => worker.once('exit', resolve))
  const tell = (order: WorkerOrder): void => worker.postMessage(order)
  worker.on('message', (word: WorkerWord) => {
    silentRounds = 0
    if (word.word === 'ready') void ready().then(() => tell({ order: 'begin' }))
    else hear(word)
  })
  worker.on('error', (error) => {
    stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  })
  const end = async (): Promise<void> => {
    hasHung = !over.signal.aborted
    if (hasHung) await worker.terminate()
  }
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted && !signal.aborted) {
      await clock.sleep(ROUND_MS, AbortSignal.any([over.signal, signal]))
      if (++silentRounds >= SILENT_ROUNDS_MAX) return end()
    }
    if (over.signal.aborted) return
    tell({ order: 'stop' })
    await clock.sleep(STOP_MS_MAX, over.signal)
    await end()
  }
  const watching = watch()
  const code = await exited
  over.abort()
  await watching
  if (hasHung) return { reason: 'hung', ...(stack === undefined ? {} : { stack }) }
  if (code === 0 && stack === undefined && signal.aborted) return { reason: 'stopped' }
  return { reason: 'failed', stack: stack ?? `it ended with ${code}` }
}
