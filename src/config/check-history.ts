import { historyTerms } from '../alert/history-terms.ts'
import { spanText, termText, type HistoryTerm } from '../model/history-term.ts'
import { isFromWindows } from '../history/history-plan.ts'
import type { AggregateKind, MonitorSpec, RuleSpec } from '../model/monitor.ts'
import { rollUpStepMs } from '../window/roll-up-step.ts'
import { sliceMsOf } from '../window/slice.ts'
import type { ConfigPath } from './config-error.ts'
import type { Findings } from './expressions.ts'
import { nearestName } from './nearest-name.ts'
import { namesIn } from '../alert/names-in.ts'

type Home = {
  readonly monitor: Pick<MonitorSpec, 'aggregates' | 'values' | 'window'>
  readonly path: ConfigPath
  readonly findings: Findings
}

/** Kinds of which a minute cannot be made comparable to a window, as a sentence names them. */
const UNSCALED: Partial<Record<AggregateKind, string>> = {
  min: 'a least value',
  max: 'a greatest value',
  distinct: 'a distinct count',
}

/** What a rule asks of the past must be there, and comparable to its windows (H1, H4). */
export function checkHistory(rule: Pick<RuleSpec, 'levels' | 'gate'>, home: Home): void {
  for (const term of historyTerms([rule]).values()) checkTerm(term, home)
}

function checkTerm(term: HistoryTerm, { monitor, path, findings }: Home): void {
  const { aggregates, values } = monitor
  const known = [...aggregates, ...values].map(({ name }) => name)
  const refuse = (message: string, advice: string): void => {
    findings.push({ path, message: `${termText(term)} ${message}`, advice })
  }
  if (!known.includes(term.name)) {
    const near = nearestName(term.name, known)
    const advice = near === undefined ? `write one of ${known.join(', ')}` : `did you mean ${near}?`
    return refuse('names nothing that the monitor computes', advice)
  }
  if (isFromWindows(term)) return
  if (rollUpStepMs(monitor.window) === undefined) {
    const slices = spanText(sliceMsOf(monitor.window))
    return refuse(
      `needs minutes and hours, and slices of ${slices} fill no hour`,
      'write a size and a hop that do, as 10s and 1s, or a base of at most 10m',
    )
  }
  if (term.op === 'over') return
  const value = values.find(({ name }) => name === term.name)
  const sources = value === undefined ? [term.name] : namesIn(value.expression)
  for (const { name, kind } of aggregates) {
    const called = UNSCALED[kind]
    if (called === undefined || !sources.includes(name)) continue
    const by = name === term.name ? '' : ` with ${name} in it`
    refuse(
      `does not work${by}: ${called} of a minute or an hour is not that of a window`,
      term.op === 'same_hour'
        ? 'judge a sum, a count, a mean, a quantile or a ratio'
        : `write a span of at most ${spanText(600_000)}, or judge a sum, a count or a ratio`,
    )
  }
}
