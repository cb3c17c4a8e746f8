import type { Step } from '../model/step.ts'

/** What a step means to people (A62): a page, a page because …, an end, an update, or nothing. */
export type StepEffect = 'page' | 'raised' | 'unacked' | 'end' | 'update' | 'none'

const EFFECTS: Readonly<Record<Step['step'], StepEffect>> = {
  firing: 'page',
  raised: 'raised',
  resolved: 'end',
  lowered: 'update',
  cause: 'update',
  recovering: 'update',
  refiring: 'update',
  acked: 'update',
  unacked: 'update',
  // The condition says what follows from it; no receiver of ours has a place for more.
  nodata: 'none',
  fresh: 'none',
  pending: 'none',
  dropped: 'none',
}

/** Total by type: a new step does not compile until it is said here what people hear of it. */
export function stepEffect({ step, reason }: Pick<Step, 'step' | 'reason'>): StepEffect {
  return step === 'unacked' && reason === 'expired' ? 'unacked' : EFFECTS[step]
}

/** Whether a step makes people look, wherever it is routed to. */
export const isPage = (effect: StepEffect): effect is 'page' | 'raised' | 'unacked' =>
  effect === 'page' || effect === 'raised' || effect === 'unacked'
