import type { MonitorSpec } from '../../model/monitor.ts'
import type { Step, Told } from '../../model/step.ts'
import type { Store } from '../../store/store.ts'
import { stepNews } from '../view/step-news.ts'
import type { LineView, StepNews, StreamView } from '../contract.ts'
import type { LiveView } from '../view/live-view.ts'
import { alertSubject, subjectKey, type Subject } from '../view/subject.ts'
import { thresholdsOf, namesByThreshold } from '../view/threshold.ts'

export type StreamAnswerOptions = {
  readonly view: LiveView
  readonly store: Store
  readonly monitors: readonly MonitorSpec[]
  readonly now: number
}

/** How far back a stream's steps are shown, how many are searched for them, and how many shown. */
const STEPS_BACK_MS = 3_600_000
const SEARCHED_MAX = 5_000
const STEPS_MAX = 100

const isStep = (record: Step | Told): record is Step => record.kind !== 'notice'

/** What is known now of one stream in one scope, with its steps of the last hour. */
export async function streamAnswer(
  subject: Subject,
  { view, store, monitors, now }: StreamAnswerOptions,
): Promise<StreamView> {
  const key = subjectKey(subject)
  const span = { from: now - STEPS_BACK_MS, to: now + 60_000, limit: SEARCHED_MAX }
  const history = await store.history(span)
  const groupByOf = new Map(monitors.map(({ id, groupBy }) => [id, groupBy]))
  const steps: StepNews[] = []
  for (const record of history) {
    if (!isStep(record) || steps.length >= STEPS_MAX) continue
    const other = alertSubject(groupByOf.get(record.monitor), record.labels)
    if (subjectKey(other) === key) steps.push(stepNews(record, other))
  }
  return {
    now,
    ...subject,
    simulated: view.isSimulated(subject.scope),
    lines: linesOf(view, { subject, monitors, now }),
    alerts: view.alerts.filter((alert) => subjectKey(alert) === key),
    steps,
  }
}

function linesOf(
  view: LiveView,
  of: { readonly subject: Subject } & Pick<StreamAnswerOptions, 'monitors' | 'now'>,
): readonly LineView[] {
  const lines = [...(view.cell(of.subject)?.lines.values() ?? [])]
  return of.monitors.flatMap((monitor) =>
    lines
      .filter((line) => line.monitor === monitor.id)
      .map(({ window }) => ({
        monitor: monitor.id,
        scope: window.scope,
        group: window.group,
        names: namesByThreshold(monitor),
        thresholds: thresholdsOf(monitor),
        hop_ms: monitor.window.hopMs,
        age_ms: of.now - window.end,
        complete: window.complete,
        rows: window.rows,
        values: window.values,
      })),
  )
}
