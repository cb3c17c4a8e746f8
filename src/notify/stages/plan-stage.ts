import type { Notice } from '../../model/notice.ts'
import type { Told } from '../../model/step.ts'
import type { Bell } from '../../std/bell.ts'
import type { Arrival, DueGroup, PlanState } from '../plan-state.ts'
import type { ReceiverSpec, RouteSpec } from '../notify-spec.ts'
import type { SaidSteps } from '../said-steps.ts'

/** What one turn carries through the stages: each takes some of it on and names the rest. */
export type PlanTurn = {
  readonly now: number
  /** While the state is being built again nothing is due: what is open is only half known. */
  readonly isRestoring: boolean
  readonly arrivals: readonly Arrival[]
  /** What sites told of their steps. */
  readonly tolds: readonly Told[]
  readonly groups: readonly DueGroup[]
  readonly notices: readonly Notice[]
}

/** What a site knows of the cloud that it forwards its steps to (A77). */
export interface CloudLink {
  /** Rung when the cloud has taken more. */
  readonly changed: Bell
  /** The site speaks once its steps have waited this long. */
  readonly failoverAfterMs: number
  /** Steps of a partition of `transitions` before this offset are in the cloud. */
  confirmedTo(partition: number): number
  /** Since when the cloud has taken no more of a partition, epoch ms. */
  standsSince(partition: number): number
}

/** Who speaks where steps lie in two places: absent where they lie in one. */
export type Adopt = { readonly as: 'site'; readonly link: CloudLink } | { readonly as: 'cloud' }

/** What stages know beside the turn. */
export type PlanContext = {
  readonly receivers: ReadonlyMap<string, ReceiverSpec>
  readonly root: RouteSpec
  /** The nodes of the tree below `root` that take an alert of these labels. */
  readonly route: (labels: Readonly<Record<string, string>>) => readonly RouteSpec[]
  readonly state: PlanState
  readonly said: SaidSteps
  readonly adopt?: Adopt
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
