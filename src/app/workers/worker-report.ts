import { newAggregateProgress } from '../../aggregate/aggregate-progress.ts'
import { Bell } from '../../std/bell.ts'
import { systemClock } from '../../std/clock.ts'
import type { RollUpProgress } from '../../evaluate/rollup/roll-up-panes.ts'
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
  readonly #reports: Readonly<Record<keyof HotProgress, ProgressReport>>

  constructor(say: (word: WorkerWord) => void) {
    const facts = <Fact>() => new ReportedMap<Fact>(() => this.#news.ring())
    const totals = { windows: 0, steps: 0 }
    const rolled = (): RollUpProgress => ({
      ...{ made: 0, groups: facts(), outcomes: facts(), next: facts() },
    })
    this.#say = say
    this.progress = {
      aggregate: newAggregateProgress(facts()),
      evaluate: { ...totals, groups: facts(), outcomes: facts(), next: facts() },
      rollUp: rolled(),
      rollUpHours: rolled(),
    }
    this.#reports = {
      aggregate: new ProgressReport(this.progress.aggregate),
      evaluate: new ProgressReport(this.progress.evaluate),
      rollUp: new ProgressReport(this.progress.rollUp),
      rollUpHours: new ProgressReport(this.progress.rollUpHours),
    }
  }

  /** Tells what is new since it was told last. */
  tell(): void {
    const { aggregate, evaluate, rollUp, rollUpHours } = this.#reports
    const changes = {
      aggregate: aggregate.take(),
      evaluate: evaluate.take(),
      rollUp: rollUp.take(),
      rollUpHours: rollUpHours.take(),
    }
    this.#say({ word: 'progress', changes })
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
