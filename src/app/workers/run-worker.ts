import type { MessagePort } from 'node:worker_threads'
import { openRemoteLog } from '../../log/embedded/remote/remote-log.ts'
import { Bell } from '../../std/bell.ts'
import { systemClock } from '../../std/clock.ts'
import { groupOf, hotReaders, type HotProgress } from '../hot-readers.ts'
import { superviseClaims, type Supervision } from '../supervise.ts'
import { ProgressReport, ReportedMap } from './progress-report.ts'
import type { WorkerPlan, WorkerWord } from './worker-words.ts'

/** News of progress wait so long for more of it, and come at least so often without any. */
const REPORT_MS_MIN = 200
const REPORT_MS_MAX = 1000

/**
 * The life of one worker: it claims partitions and reads, folds, judges and appends them by itself
 * until it is told to stop. An error that leaves this function ends the thread.
 */
export async function runWorker(
  { ticket, specs }: WorkerPlan,
  port: MessagePort,
  makeReaders = hotReaders,
): Promise<void> {
  const say = (word: WorkerWord): void => port.postMessage(word)
  const clock = systemClock
  const log = openRemoteLog(ticket)
  const stop = new AbortController()
  port.on('message', () => stop.abort())
  const news = new Bell()
  const progress = reportedProgress(() => news.ring())
  const supervision = supervisionBy(say)
  const readers = makeReaders({ log, clock, specs, progress }).map((reader) => {
    const part = { name: reader.group, log, group: groupOf(reader), signal: stop.signal }
    return superviseClaims(supervision, part, reader.read)
  })
  const ended = new AbortController()
  const reporting = report(progress, { say, news }, ended.signal)
  await Promise.all(readers)
  ended.abort()
  await reporting
  await log.close()
  port.close()
}

function reportedProgress(onNews: () => void): HotProgress {
  const facts = <Fact>() => new ReportedMap<Fact>(onNews)
  return {
    aggregate: { rows: 0, rejected: 0, late: 0, repeats: 0, missing: 0, next: facts() },
    evaluate: {
      windows: 0,
      steps: 0,
      missing: 0,
      groups: facts(),
      outcomes: facts(),
      next: facts(),
    },
  }
}

async function report(
  progress: HotProgress,
  { say, news }: { readonly say: (word: WorkerWord) => void; readonly news: Bell },
  signal: AbortSignal,
): Promise<void> {
  const aggregate = new ProgressReport(progress.aggregate)
  const evaluate = new ProgressReport(progress.evaluate)
  for (;;) {
    say({ word: 'progress', aggregate: aggregate.take(), evaluate: evaluate.take() })
    if (signal.aborted) return
    await systemClock.sleep(REPORT_MS_MIN, signal)
    const over = new AbortController()
    const pause = AbortSignal.any([over.signal, signal])
    const silence = systemClock.sleep(REPORT_MS_MAX - REPORT_MS_MIN, pause)
    await Promise.race([silence, news.wait(pause)])
    over.abort()
  }
}

function supervisionBy(say: (word: WorkerWord) => void): Supervision {
  const saidAt = (level: 'info' | 'warn' | 'error') => (facts: object, sentence: string) =>
    say({ word: 'said', level, facts, sentence })
  return {
    clock: systemClock,
    logger: { info: saidAt('info'), warn: saidAt('warn'), error: saidAt('error') },
    failed: (reader, reason) => say({ word: 'failed', reader, reason }),
    troubled: (reader, code) =>
      say({ word: 'troubled', reader, ...(code === undefined ? {} : { code }) }),
    bug: (error) => {
      throw error
    },
  }
}
