import type { AlertView } from '../../src/serve/contract.ts'

const RANK: Readonly<Record<AlertView['level'], number>> = { critical: 0, warning: 1, info: 2 }

const viewers = ({ value }: AlertView): number => value['viewers'] ?? value['sessions'] ?? 0

const keysOf = (alert: AlertView): readonly number[] => [
  alert.condition === 'pending' ? 1 : 0,
  RANK[alert.level],
  alert.ack === null ? 0 : 1,
  alert.condition === 'recovering' ? 1 : 0,
  -viewers(alert),
  -(alert.fired_at ?? alert.active_at),
]

/** Severity, unacked before acked, viewers, newest (U1); what has not fired yet comes last. */
export function inOrder(alerts: Iterable<AlertView>): readonly AlertView[] {
  const keyed = Array.from(alerts, (alert) => ({ alert, keys: keysOf(alert) }))
  keyed.sort((a, b) => {
    const i = a.keys.findIndex((key, at) => key !== b.keys[at])
    if (i >= 0) return a.keys[i]! - b.keys[i]!
    return a.alert.episode < b.alert.episode ? -1 : 1
  })
  return keyed.map(({ alert }) => alert)
}

/** Open in the sense of alerting.md: it has fired and not been resolved. */
export const isOpen = ({ condition }: AlertView): boolean => condition !== 'pending'
