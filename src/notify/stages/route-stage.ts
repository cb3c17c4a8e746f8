import { groupLabels } from '../../alert/group.ts'
import type { PlanStage } from './plan-stage.ts'
import type { Arrival } from '../plan-state.ts'
import { isPage, stepEffect } from '../step-effect.ts'

/** Stage 1: which receivers a page is for, and in which group (A62). */
export const routeStage: PlanStage = (turn, { receivers, route }) => {
  const reasons = { routed: 0, unrouted: 0, keeps_state: 0 }
  const arrivals = turn.arrivals.map((arrival): Arrival => {
    const { labels } = arrival.step
    if (!isPage(stepEffect(arrival.step))) return arrival
    const nodes = route(labels)
    // An Alertmanager keeps the state itself: its own reader follows `transitions`.
    const ours = nodes.filter(({ receiver }) => receivers.get(receiver)?.kind !== 'alertmanager')
    if (nodes.length === 0) reasons.unrouted++
    else if (ours.length === 0) reasons.keeps_state++
    else reasons.routed++
    const routes = ours.map((node) => ({ ...node, labels: groupLabels(node.groupBy, labels) }))
    return { ...arrival, routes }
  })
  return {
    turn: { ...turn, arrivals },
    reasons: Object.entries(reasons).map(([reason, count]) => ({ reason, count })),
  }
}
