import { groupHash } from '../../alert/group.ts'
import { severityOrder } from '../../alert/severity.ts'
import type { PlanContext, PlanStage } from './plan-stage.ts'
import type { Arrival, OwedStep, PlanGroup, PlanMember, Routed } from '../plan-state.ts'
import { isPage, stepEffect } from '../step-effect.ts'

type Folding = PlanContext & { readonly now: number }

/** Stage 2: steps into groups, and which groups may speak now (A62). */
export const gatherStage: PlanStage = (turn, context) => {
  const counts = new Map<string, number>()
  const folding = { ...context, now: turn.now }
  for (const arrival of turn.arrivals) {
    const reason = gather(arrival, folding)
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  const all = turn.isRestoring ? [] : [...context.state.groups.values()]
  const due = all.filter((group) => (dueAt(group) ?? Number.POSITIVE_INFINITY) <= turn.now)
  return {
    turn: { ...turn, groups: due.map((group) => ({ group })) },
    reasons: [...counts].map(([reason, count]) => ({ reason, count })),
  }
}

/** When a group may speak next; undefined: not before something happens to it. */
export function dueAt(group: PlanGroup): number | undefined {
  const { route, seq, openedAt, plannedAt, remindedAt } = group
  const members = [...group.members.values()]
  if (members.some(({ owed }) => owed.length > 0)) {
    return seq === 0 ? openedAt + route.groupWaitMs : plannedAt + route.groupIntervalMs
  }
  return members.some(({ isOpen }) => isOpen) ? remindedAt + route.repeatMs : undefined
}

function gather(arrival: Arrival, folding: Folding): string {
  const { state } = folding
  const { step } = arrival
  const effect = stepEffect(step)
  if (effect === 'none') return 'no_notice'
  if (state.isRepeat(step)) return 'repeated'
  const groups = state.remember(arrival)
  if (isPage(effect)) return gatherPage(arrival, effect, folding)
  if (effect === 'end') return gatherEnd(arrival, groups, folding)
  for (const group of groups) {
    const member = group.members.get(step.fingerprint)
    if (member === undefined) continue
    if (step.kind === 'handling') member.isAcked = step.step === 'acked'
    // Else a second raise to the level that it once was told would be no news (A32 lowers too).
    if (member.told && severityOrder(step.level, member.told.level) < 0) {
      member.told = { ...member.told, level: step.level }
    }
  }
  return 'no_notice'
}

/**
 * A page is owed in every group that it is routed to, but where a notice has said it, or where an
 * earlier owner decided otherwise under the routes of its time.
 */
function gatherPage(arrival: Arrival, why: OwedStep['why'], folding: Folding): string {
  const { step, partition, offset } = arrival
  const { said, state, now } = folding
  const wasDecided = offset < (said.settled[partition] ?? 0)
  const told = new Set<string>()
  for (const { notice, offset: noticeOffset } of said.noticesOf(step.id)) {
    const id = groupHash(notice.receiver, notice.group)
    const routed = arrival.routes.find(({ receiver, labels }) => groupHash(receiver, labels) === id)
    const route = routed ?? {
      ...rootTimings(folding),
      receiver: notice.receiver,
      labels: notice.group,
    }
    const group = groupOf(route, folding)
    if (group === undefined) return 'over_limit'
    const member = state.member(group, arrival)
    member.isOpen = true
    member.told = { episode: step.episode, level: step.level }
    member.noticeOffset = Math.min(member.noticeOffset, noticeOffset)
    state.cover(noticeOffset, arrival)
    told.add(id)
  }
  if (wasDecided) return told.size > 0 ? 'said' : 'decided'
  for (const route of arrival.routes) {
    if (told.has(groupHash(route.receiver, route.labels))) continue
    const group = groupOf(route, folding)
    if (group === undefined) return 'over_limit'
    const member = state.member(group, arrival)
    member.isOpen = true
    member.owed.push(owedOf(arrival, why, now))
  }
  return 'waiting'
}

/** An end is owed wherever its opening was told or is yet to be (A62). */
function gatherEnd(
  arrival: Arrival,
  groups: ReadonlySet<PlanGroup>,
  { said, state, receivers, now }: Folding,
): string {
  const { step, partition, offset } = arrival
  const wasDecided = offset < (said.settled[partition] ?? 0)
  const told = new Set<string>()
  for (const { notice, offset: noticeOffset } of said.noticesOf(step.id)) {
    state.cover(noticeOffset, arrival)
    told.add(groupHash(notice.receiver, notice.group))
  }
  let reason = groups.size === 0 ? 'over_before_told' : 'waiting'
  for (const group of [...groups]) {
    const member = group.members.get(step.fingerprint)
    if (member === undefined) continue
    member.isOpen = false
    member.isAcked = false
    const receiver = receivers.get(group.route.receiver)
    if (told.has(group.id) || wasDecided) reason = 'said'
    else if (receiver?.sendResolved !== true) reason = 'end_not_wanted'
    else if (isOwed(member)) member.owed.push(owedOf(arrival, 'end', now))
    state.tidy(group)
  }
  return reason
}

/** A step that came from a site and was old by then: the site may have told of it (A77). */
const OLD_AFTER_MS = 10_000

function owedOf({ step, partition, offset }: Arrival, why: OwedStep['why'], now: number): OwedStep {
  const { fired, forwarded } = step.receipt
  const isOld = forwarded !== undefined && now - fired > OLD_AFTER_MS
  return { id: step.id, partition, offset, level: step.level, why, arrivedAt: now, isOld }
}

const isOwed = ({ told, owed }: PlanMember): boolean =>
  told !== undefined || owed.some(({ why }) => why !== 'end')

function rootTimings({ root }: Folding) {
  const { groupWaitMs, groupIntervalMs, repeatMs } = root
  return { groupWaitMs, groupIntervalMs, repeatMs }
}

/** The group of a route, which goes on where the last notice of its life left off (A61). */
export function groupOf(route: Routed, { state, said, now }: Folding): PlanGroup | undefined {
  const id = groupHash(route.receiver, route.labels)
  const group = state.group(id, () => {
    const last = said.lastOf(id)
    const isOver = last?.notice.alerts.every(({ status }) => status === 'resolved') ?? true
    if (last === undefined || isOver) {
      const opened = { openedAt: now, seq: 0, plannedAt: 0, remindedAt: 0 }
      return { route, ...opened, noticeOffset: Number.POSITIVE_INFINITY }
    }
    const { key, seq, planned_at } = last.notice
    const openedAt = Number(key.slice(key.lastIndexOf('-') + 1))
    const at = { openedAt, plannedAt: planned_at, remindedAt: planned_at }
    return { route, ...at, seq, noticeOffset: last.offset }
  })
  if (group !== undefined) group.route = route
  return group
}
