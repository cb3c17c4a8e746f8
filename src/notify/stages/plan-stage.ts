import type { Notice } from '../../model/notice.ts'
import type { Arrival, DueGroup, PlanState } from '../plan-state.ts'
import type { ReceiverSpec, RouteSpec } from '../notify-spec.ts'
import type { SaidSteps } from '../said-steps.ts'

/** What one turn carries through the stages: each takes some of it on and names the rest. */
export type PlanTurn = {
  readonly now: number
  /** While the state is being built again nothing is due: what is open is only half known. */
  readonly isRestoring: boolean
  readonly arrivals: readonly Arrival[]
  readonly groups: readonly DueGroup[]
  readonly notices: readonly Notice[]
}

/** What stages know beside the turn. */
export type PlanContext = {
  readonly receivers: ReadonlyMap<string, ReceiverSpec>
  readonly root: RouteSpec
  /** The nodes of the tree below `root` that take an alert of these labels. */
  readonly route: (labels: Readonly<Record<string, string>>) => readonly RouteSpec[]
  readonly state: PlanState
  readonly said: SaidSteps
  readonly epoch: number
  /** Every notice of this turn will lie here or later in `notices`. */
  readonly noticeOffset: number
}

/** One named reason and how often it decided in this turn (A62). */
export type StageReason = { readonly reason: string; readonly count: number }

/** One stage of A62: what goes on, and for all else a reason. */
export type PlanStage = (
  turn: PlanTurn,
  context: PlanContext,
) => { readonly turn: PlanTurn; readonly reasons: readonly StageReason[] }
