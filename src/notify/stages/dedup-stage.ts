import { dedup, type DedupFacts, type OpenAlert } from '../../alert/dedup.ts'
import { severityOrder } from '../../alert/severity.ts'
import type { PlanContext, PlanStage } from './plan-stage.ts'
import type { DueGroup, PlanGroup, PlanMember } from '../plan-state.ts'

/** Stages 7 and 8: whether a group speaks, and why, compared with its last notice (A62). */
export const dedupStage: PlanStage = (turn, context) => {
  const counts = new Map<string, number>()
  const groups: DueGroup[] = []
  for (const { group } of turn.groups) {
    const verdict = dedup(factsOf(group, turn.now, context))
    counts.set(verdict.reason, (counts.get(verdict.reason) ?? 0) + 1)
    if (verdict.due) {
      groups.push({ group, reason: verdict.reason })
      continue
    }
    // Nothing is owed then; were it, the group would be due again at once, and for ever.
    for (const member of group.members.values()) member.owed = []
    group.remindedAt = turn.now
    context.state.tidy(group)
  }
  return {
    turn: { ...turn, groups },
    reasons: [...counts].map(([reason, count]) => ({ reason, count })),
  }
}

function factsOf(group: PlanGroup, now: number, { receivers }: PlanContext): DedupFacts {
  const { route, seq, plannedAt } = group
  const members = [...group.members.values()]
  const told = members.flatMap((member) => (member.told === undefined ? [] : [member.told]))
  const last = { open: new Map(told.map(({ episode, level }) => [episode, level])), plannedAt }
  return {
    // A site may have told of it before us (A77).
    ...(seq === 0 && told.length === 0 ? {} : { last }),
    open: members.filter((member) => member.isOpen || isUnheard(member)).map(openAlert),
    resolved: members.flatMap(endedEpisode),
    now,
    repeatMs: route.repeatMs,
    sendResolved: receivers.get(route.receiver)?.sendResolved ?? false,
  }
}

const owesPage = ({ owed }: PlanMember): boolean => owed.some(({ why }) => why !== 'end')

/** Over, and it is not its end that is owed: the receiver hears of the page alone. */
const isUnheard = (member: PlanMember): boolean => {
  const isEndOwed = member.owed.some(({ why }) => why === 'end')
  return owesPage(member) && !(isEndOwed && member.told?.episode === member.newest.episode)
}

/**
 * An alert whose page is owed counts as open and as nobody's yet: that it ended or was taken on
 * before anybody was told depends on how long we were away, and what is told must not (A74).
 */
function openAlert(member: PlanMember): OpenAlert {
  const levels = [member.newest.level, ...member.owed.map(({ level }) => level)]
  return {
    episode: member.newest.episode,
    level: levels.toSorted(severityOrder).at(-1) ?? member.newest.level,
    isAcked: member.isAcked && !owesPage(member),
    isAckExpired: member.owed.some(({ why }) => why === 'unacked'),
  }
}

/** What the receiver knows as open and is not: over, or followed by an episode of its own. */
function endedEpisode({ told, isOpen, newest }: PlanMember): string[] {
  if (told === undefined) return []
  return isOpen && told.episode === newest.episode ? [] : [told.episode]
}
