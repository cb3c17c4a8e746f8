import type { Severity } from '../model/monitor.ts'
import type { NoticeReason } from '../model/notice.ts'
import { severityOrder } from './severity.ts'

/** One open alert of a group, as the plan sees it now. */
export type OpenAlert = {
  readonly episode: string
  readonly level: Severity
  /** No reminders for it, and no first page; a raise passes (A62, stage 7). */
  readonly isAcked: boolean
  /** Whether its ack ran out since the group's last notice: that is a page. */
  readonly isAckExpired: boolean
}

/** What a group's receiver was told last. */
export type LastNotice = {
  /** Level by episode of what it knows to be open. */
  readonly open: ReadonlyMap<string, Severity>
  /** Epoch ms of the wall clock. */
  readonly plannedAt: number
}

/** All that the decision needs. */
export type DedupFacts = {
  /** Absent: the group was told nothing yet. */
  readonly last?: LastNotice
  readonly open: readonly OpenAlert[]
  /** Episodes of the group that ended since the group opened. */
  readonly resolved: readonly string[]
  readonly now: number
  readonly repeatMs: number
  readonly sendResolved: boolean
}

/** Why a notice is due, or why none is. */
export type DedupVerdict =
  | { readonly due: true; readonly reason: NoticeReason }
  | { readonly due: false; readonly reason: 'over_before_told' | 'acked' | 'nothing_new' }

const due = (reason: NoticeReason): DedupVerdict => ({ due: true, reason })

/**
 * Whether a group's receiver must hear of it again (A62, stages 7 and 8), after Alertmanager's
 * decision: compare what is open now with what it was told last. The first reason that holds.
 */
export function dedup(facts: DedupFacts): DedupVerdict {
  const { last, open, resolved } = facts
  const fresh = open.filter(({ episode, isAcked }) => !isAcked && !last?.open.has(episode))
  if (last === undefined) return opening(facts, fresh)
  if (fresh.length > 0) return due('new_alerts')
  if (open.some((alert) => isRaised(last, alert))) return due('raised')
  const ended = resolved.filter((id) => last.open.has(id))
  if (ended.length > 0 && facts.sendResolved) {
    const isLast = !open.some(({ episode }) => last.open.has(episode))
    return due(isLast ? 'all_resolved' : 'some_resolved')
  }
  if (open.some(({ isAckExpired }) => isAckExpired)) return due('unacked')
  return reminder(facts, last)
}

function opening({ open }: DedupFacts, fresh: readonly OpenAlert[]): DedupVerdict {
  if (fresh.length > 0) return due('first')
  return { due: false, reason: open.length > 0 ? 'acked' : 'over_before_told' }
}

function isRaised(last: LastNotice, { episode, level }: OpenAlert): boolean {
  const told = last.open.get(episode)
  return told !== undefined && severityOrder(level, told) > 0
}

function reminder({ open, now, repeatMs }: DedupFacts, last: LastNotice): DedupVerdict {
  if (open.length === 0 || now - last.plannedAt < repeatMs)
    return { due: false, reason: 'nothing_new' }
  if (open.every(({ isAcked }) => isAcked)) return { due: false, reason: 'acked' }
  return due('repeat')
}
