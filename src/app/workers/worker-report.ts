import { newAggregateProgress } from '../../aggregate/aggregate-progress.ts'
import { Bell } from '../../std/bell.ts'
import { systemClock } from '../../std/clock.ts'
import type { HotProgress } from '../hot-readers.ts'
import { ProgressReport, ReportedMap } from './progress-report.ts'
import type { WorkerWord } from './worker-words.ts'

/** News of progress wait so long for more of it, and come at least so often without any. */
const REPORT_MS_MIN = 200
const REPORT_MS_MAX = 1000

/** Tells of the progress of a worker’s readers now and then, and whenever it is asked to. */
export class WorkerReport {
  /** For the readers to write. */
  readonly progress: HotProgress
  readonly #say: (word: WorkerWord) => void
  readonly #news = new Bell()
  readonly #aggregate: ProgressReport
  readonly #evaluate: ProgressReport

  constructor(say: (word: WorkerWord) => void) {
    const facts = <Fact>() => new ReportedMap<Fact>(() => this.#news.ring())
    const totals = { windows: 0, steps: 0 }
    this.#say = say
    this.progress = {
      aggregate: newAggregateProgress(facts()),
      evaluate: { ...totals, groups: facts(), outcomes: facts(), next: facts() },
    }
    this.#aggregate = new ProgressReport(this.progress.aggregate)
    this.#evaluate = new ProgressReport(this.progress.evaluate)
  }

  /** Tells what is new since it was told last. */
  tell(): void {
    const [aggregate, evaluate] = [this.#aggregate.take(), this.#evaluate.take()]
    this.#say({ word: 'progress', aggregate, evaluate })
  }

  /** Tells every second, and soon after news, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.tell()
      await systemClock.sleep(REPORT_MS_MIN, signal)
      const over = new AbortController()
      const pause = AbortSignal.any([over.signal, signal])
      const silence = systemClock.sleep(REPORT_MS_MAX - REPORT_MS_MIN, pause)
      await Promise.race([silence, this.#news.wait(pause)])
      over.abort()
    }
  }
}
