import { siteOf } from '../../model/topics.ts'
import type { Told } from '../../model/step.ts'
import type { Arrival, PlanGroup, PlanMember } from '../plan-state.ts'
import { groupOf } from './gather-stage.ts'
import type { CloudLink, PlanContext, PlanStage, PlanTurn } from './plan-stage.ts'

/** How long the cloud waits for what a site told of a step that is old when it arrives. */
const CATCHING_UP_MS = 15_000

type Counted = { readonly turn: PlanTurn; readonly counts: Map<string, number> }

/**
 * Stage 3: whether the site or the cloud speaks (A77). A site holds what it owes until the cloud
 * has the step, which then speaks for it, or until the cloud has taken nothing for too long. The
 * cloud does not say again what the site has said to a receiver of the same name.
 */
export const adoptStage: PlanStage = (turn, context) => {
  const { adopt } = context
  const counts = new Map<string, number>()
  if (adopt === undefined) return { turn, reasons: [] }
  if (adopt.as === 'site') {
    if (turn.isRestoring) return { turn, reasons: [] }
    handOver(adopt.link, context, counts)
  } else takeOver({ turn, counts }, context)
  const groups = turn.groups.filter(({ group }) => {
    if (!context.state.groups.has(group.id)) return false
    const mayAt = speaksAt(group, context)
    if (mayAt <= turn.now) return true
    add(counts, adopt.as === 'site' ? 'waiting' : 'catching_up')
    return false
  })
  const reasons = [...counts].map(([reason, count]) => ({ reason, count }))
  return { turn: { ...turn, groups }, reasons }
}

/** From when a group may say what it owes; −∞ where nobody else might. */
export function speaksAt(group: PlanGroup, { adopt }: Pick<PlanContext, 'adopt'>): number {
  if (adopt === undefined) return -Infinity
  let at = Infinity
  for (const { partition, owed } of group.members.values()) {
    for (const { arrivedAt, isOld } of owed) {
      if (adopt.as === 'cloud') at = Math.min(at, isOld ? arrivedAt + CATCHING_UP_MS : arrivedAt)
      else {
        const waitsSince = Math.max(adopt.link.standsSince(partition), arrivedAt)
        at = Math.min(at, waitsSince + adopt.link.failoverAfterMs)
      }
    }
  }
  // A reminder of what only we have told.
  return at === Infinity ? -Infinity : at
}

/** What the cloud has, it speaks for: what we owe of it goes, and what we told is its to end. */
function handOver(link: CloudLink, { state }: PlanContext, counts: Map<string, number>): void {
  for (const group of [...state.groups.values()]) {
    for (const member of group.members.values()) {
      const to = link.confirmedTo(member.partition)
      if (member.openedOffset >= to && member.owed.every(({ offset }) => offset >= to)) continue
      const owed = member.owed.filter(({ offset }) => offset >= to)
      add(counts, 'cloud_speaks', member.owed.length - owed.length)
      member.owed = owed
      if (owed.length === 0) member.isOpen = false
    }
    state.tidy(group)
  }
}

/** What a site told counts as said to the receiver of that name. */
function takeOver({ turn, counts }: Counted, context: PlanContext): void {
  const { state } = context
  for (const arrival of turn.arrivals) {
    // An earlier owner has decided it, and only what the site told says that it was told.
    const isDecided = arrival.offset < (context.said.settled[arrival.partition] ?? 0)
    if (isDecided) state.remind(arrival)
  }
  for (const told of turn.tolds) {
    for (const group of state.groupsOf(told.fingerprint)) {
      const member = group.members.get(told.fingerprint)
      if (member === undefined || group.route.receiver !== told.receiver) continue
      if (!isOf(told, member.newest)) continue
      if (settleTold({ group, member }, told)) add(counts, 'told_by_site')
      state.tidy(group)
    }
    const page = state.reminded(told.of)
    if (page !== undefined && isOf(told, page.step)) openTold(page, told, context)
  }
  if (!turn.isRestoring) state.forgetReminded()
}

/** No site can say of another's alert that it was told (R21). */
const isOf = ({ site }: Told, step: Arrival['step']): boolean =>
  site !== undefined && siteOf(step.labels['site'] ?? '') === site

function settleTold(
  { group, member }: { readonly group: PlanGroup; readonly member: PlanMember },
  told: Told,
): boolean {
  const said = member.owed.find(({ id }) => id === told.of)
  if (said === undefined) return false
  member.owed = member.owed.filter((owed) => owed !== said)
  if (said.why === 'end') member.told = undefined
  else knowTold(group, member, told)
  return true
}

function knowTold(group: PlanGroup, member: PlanMember, { sent }: Told): void {
  const { episode, level } = member.newest
  member.told = { episode, level }
  // Reminders count from when the site spoke.
  group.plannedAt = Math.max(group.plannedAt, sent)
  group.remindedAt = Math.max(group.remindedAt, sent)
}

function openTold(page: Arrival, told: Told, context: PlanContext): void {
  const route = page.routes.find(({ receiver }) => receiver === told.receiver)
  const group = route && groupOf(route, { ...context, now: told.sent })
  if (group === undefined) return
  const member = context.state.member(group, page)
  if (member.told === undefined) knowTold(group, member, told)
}

function add(counts: Map<string, number>, reason: string, count = 1): void {
  if (count > 0) counts.set(reason, (counts.get(reason) ?? 0) + count)
}
