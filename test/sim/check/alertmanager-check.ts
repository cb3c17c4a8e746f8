import type { Step } from '../../../src/model/step.ts'
import { labelText, type SimAlertmanager } from '../world/sim-alertmanager.ts'
import { Violation } from './ledger.ts'

const OVER: ReadonlySet<Step['step']> = new Set(['resolved', 'dropped', 'pending'])

/**
 * Every Alertmanager knows as open what is open by the steps in the log, at its level and at no
 * other, whatever it missed meanwhile. Alerts that changed since `settledAt` are left out.
 * @throws Violation.
 */
export function checkAlertmanagers(
  alertmanagers: readonly SimAlertmanager[],
  steps: Iterable<{ readonly step: Step; readonly writtenAt: number }>,
  { settledAt, now }: { readonly settledAt: number; readonly now: number },
): void {
  const newest = new Map<string, { readonly step: Step; readonly writtenAt: number }>()
  for (const each of steps) {
    const before = newest.get(each.step.fingerprint)
    const isNews = before === undefined || isLater(each.step, before.step)
    if (each.step.kind === 'condition' && isNews) newest.set(each.step.fingerprint, each)
  }
  const known = [...newest.values()].filter(
    ({ step, writtenAt }) => step.alert === 'RetransHigh' && writtenAt < settledAt,
  )
  for (const alertmanager of alertmanagers) {
    const byName = Map.groupBy(alertmanager.openAt(now), withoutSeverity)
    for (const { step } of known) {
      const labels = labelText(step.labels)
      const expected = OVER.has(step.step) ? [] : [labels]
      const got = byName.get(withoutSeverity(labels)) ?? []
      if (got.join() === expected.join()) continue
      throw new Violation(`${alertmanager.url} has ${got.join()} and not ${expected.join()}`)
    }
  }
}

const isLater = (a: Step, b: Step): boolean =>
  (a.active_at ?? a.at) > (b.active_at ?? b.at) ||
  ((a.active_at ?? a.at) === (b.active_at ?? b.at) && a.seq > b.seq)

/** An alert's name whatever its level: a raise makes another alert of it over there. */
function withoutSeverity(labels: string): string {
  const entries = JSON.parse(labels) as [string, string][]
  return labelText(Object.fromEntries(entries.filter(([name]) => name !== 'severity')))
}
