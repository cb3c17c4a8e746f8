import type { Log } from '../log/log.ts'
import type { Notice, NoticeAlert } from '../model/notice.ts'
import type { Step } from '../model/step.ts'
import { encodeNotice } from '../wire/notice-codec.ts'
import { encodeTransition, transitionKey } from '../wire/step-codec.ts'

const FINGERPRINT_DIGITS = 16

/** Appends notices as plan would. */
export const appendNotices = (log: Log, notices: readonly Notice[]): Promise<void> =>
  log.append(
    'notices',
    notices.map((notice) => ({ value: encodeNotice(notice) })),
  )

/** Appends steps as the evaluator would. */
export const appendSteps = (log: Log, steps: readonly Step[]): Promise<void> =>
  log.append(
    'transitions',
    steps.map((step) => ({ key: transitionKey(step), value: encodeTransition(step) })),
  )

/** A step of alert number `alert`, whose episode became active `activeAt`. */
export function stepOf(changes: {
  readonly alert: number
  readonly seq: number
  readonly step: Step['step']
  readonly activeAt: number
  readonly labels?: Readonly<Record<string, string>>
  readonly reason?: Step['reason']
  readonly level?: Step['level']
}): Step {
  const { alert, seq, activeAt, step, level = 'critical' } = changes
  const fingerprint = alert.toString(16).padStart(FINGERPRINT_DIGITS, '0')
  const episode = `${fingerprint}-${activeAt}`
  const isHandling = step === 'acked' || step === 'unacked'
  return {
    v: 1,
    id: `${episode}-${seq}`,
    fingerprint,
    episode,
    seq,
    kind: isHandling ? 'handling' : 'condition',
    step,
    alert: 'RetransmitsHigh',
    monitor: 'tcp-retransmits',
    rule: 'tcp-retransmits/RetransmitsHigh',
    labels: {
      alertname: 'RetransmitsHigh',
      site: 'ams1',
      stream: `arena-${alert}`,
      severity: level,
      ...changes.labels,
    },
    annotations: { summary: `431 retransmits on arena-${alert}` },
    from: isHandling ? 'unacked' : 'inactive',
    to: isHandling ? 'acked' : 'firing',
    level,
    at: activeAt,
    reason: changes.reason ?? 'threshold',
    value: { retrans: 431 },
    window: null,
    complete: true,
    corrected: false,
    active_at: activeAt,
    fired_at: activeAt,
    receipt: {
      event: activeAt,
      appended: null,
      read: null,
      pane: null,
      closed: null,
      fired: activeAt,
    },
  }
}

/** The alert that a step shows. */
export const alertOf = (step: Step): NoticeAlert => ({
  status: step.step === 'resolved' ? 'resolved' : 'firing',
  labels: step.labels,
  annotations: step.annotations,
  starts_at: step.active_at ?? step.at,
  ends_at: step.step === 'resolved' ? step.at : null,
  fingerprint: step.fingerprint,
  episode: step.episode,
  seq: step.seq,
  receipt: step.receipt,
})

/** A notice of group number `group` that covers one step. */
export function noticeOf(changes: {
  readonly group: number
  readonly seq: number
  readonly plannedAt: number
  readonly receiver?: string
  readonly epoch?: number
}): Notice {
  const { group, seq, plannedAt, receiver = 'noc', epoch = 1 } = changes
  const step = stepOf({ alert: group, seq, step: 'firing', activeAt: plannedAt })
  return {
    v: 1,
    key: `g${group.toString(16).padStart(FINGERPRINT_DIGITS, '0')}-${plannedAt}`,
    seq,
    epoch,
    receiver,
    reason: seq === 1 ? 'first' : 'new_alerts',
    group: { alertname: 'RetransmitsHigh' },
    steps: [step.id],
    alerts: [alertOf(step)],
    truncated: 0,
    planned_at: plannedAt,
  }
}
