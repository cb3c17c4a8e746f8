import { severityOrder } from '../../alert/severity.ts'
import type { Notice, NoticeAlert, NoticeReason } from '../../model/notice.ts'
import { encodeNotice } from '../../wire/notice-codec.ts'
import type { PlanContext, PlanStage } from './plan-stage.ts'
import type { PlanGroup, PlanMember } from '../plan-state.ts'

/** A61: ids of one notice; A86: its bytes, of which alerts give way first. */
const STEP_COUNT_MAX = 5_000
const NOTICE_BYTES_MAX = 524_288

/**
 * Stage 9: what each group has to say becomes notices, and counts as said from here on: a failed
 * append ends the run, and the state with it.
 */
export const writeStage: PlanStage = (turn, context) => {
  const notices = turn.groups.flatMap(({ group, reason }) => {
    const written = reason === undefined ? [] : noticesOf(group, { reason, now: turn.now, context })
    settle(group, { now: turn.now, context })
    context.state.tidy(group)
    return written
  })
  const truncated = notices.filter((notice) => notice.truncated > 0).length
  const reasons = [
    { reason: 'planned', count: notices.length },
    { reason: 'over_limit', count: truncated },
  ]
  return { turn: { ...turn, notices }, reasons }
}

type Writing = {
  readonly reason: NoticeReason
  readonly now: number
  readonly context: PlanContext
}

function noticesOf(group: PlanGroup, { reason, now, context }: Writing): Notice[] {
  const { receiver, labels } = group.route
  const members = [...group.members.values()].sort(byWorst)
  const steps = members.flatMap(({ owed }) => owed.map(({ id }) => id))
  const alertsMax = context.receivers.get(receiver)?.alertsMax ?? 0
  const alerts = members.slice(0, alertsMax).map(alertOf)
  const notices: Notice[] = []
  do {
    const notice = {
      v: 1,
      key: `${group.id}-${group.openedAt}`,
      seq: ++group.seq,
      epoch: context.epoch,
      receiver,
      reason,
      group: labels,
      steps: steps.splice(0, STEP_COUNT_MAX),
      alerts,
      truncated: members.length - alerts.length,
      planned_at: now,
    } as const
    notices.push(fitting(notice))
  } while (steps.length > 0)
  return notices
}

function fitting(notice: Notice): Notice {
  let fit = notice
  while (fit.alerts.length > 1 && encodeNotice(fit).length > NOTICE_BYTES_MAX) {
    const alerts = fit.alerts.slice(0, Math.floor(fit.alerts.length / 2))
    const hidden = fit.alerts.length - alerts.length
    fit = { ...fit, alerts, truncated: fit.truncated + hidden }
  }
  return fit
}

function settle(
  group: PlanGroup,
  { now, context }: { readonly now: number; readonly context: PlanContext },
): void {
  const { noticeOffset, state } = context
  group.plannedAt = now
  group.remindedAt = now
  group.noticeOffset = noticeOffset
  for (const member of group.members.values()) {
    if (member.owed.length === 0) continue
    for (const step of member.owed) state.cover(noticeOffset, step)
    member.owed = []
    const { episode, level } = member.newest
    member.told = member.isOpen ? { episode, level } : undefined
    member.noticeOffset = Math.min(member.noticeOffset, noticeOffset)
  }
}

/** Open before over, then by severity, then the oldest: the first is the worst. */
function byWorst(a: PlanMember, b: PlanMember): number {
  if (a.isOpen !== b.isOpen) return a.isOpen ? -1 : 1
  const byLevel = severityOrder(b.newest.level, a.newest.level)
  return byLevel === 0 ? startsAt(a) - startsAt(b) : byLevel
}

const startsAt = ({ newest }: PlanMember): number =>
  newest.fired_at ?? newest.active_at ?? newest.at

const alertOf = (member: PlanMember): NoticeAlert => ({
  status: member.isOpen ? 'firing' : 'resolved',
  labels: member.newest.labels,
  annotations: member.newest.annotations,
  starts_at: startsAt(member),
  ends_at: member.isOpen ? null : member.newest.at,
  fingerprint: member.newest.fingerprint,
  episode: member.newest.episode,
  seq: member.newest.seq,
  receipt: member.newest.receipt,
})
