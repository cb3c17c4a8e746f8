import type { HandlingCommand } from '../model/command.ts'
import type { Advance, InstanceState } from './instance.ts'
import { draftStep } from './instance.ts'

/** What a command did; only `applied` changed the state. */
export type Answer = 'applied' | 'no_open_episode' | 'already_acked' | 'not_acked'

/** An advance with the answer for the person who asked. */
export type Answered = Advance & { readonly answer: Answer }

const isOpen = ({ condition }: InstanceState): boolean =>
  condition === 'firing' || condition === 'recovering'

/**
 * Applies `ack` or `unack` (A46, A47) at `now` of A8. A command names the episode that the person
 * saw; if that one is no longer open it changes nothing (A50). The caller drops repeated ids.
 */
export function acknowledge(state: InstanceState, command: HandlingCommand, now: number): Answered {
  const refused = (answer: Answer): Answered => ({ state, drafts: [], answer })
  if (!isOpen(state) || state.episode !== command.target) return refused('no_open_episode')
  const isAck = command.kind === 'ack'
  if (isAck && state.ack !== null) return refused('already_acked')
  if (!isAck && state.ack === null) return refused('not_acked')
  const { by, until, comment } = command
  const next: InstanceState = isAck
    ? { ...state, handling: 'acked', ack: { by, until, level: state.level } }
    : { ...state, handling: 'unacked', ack: null }
  const { state: stepped, drafts } = draftStep(
    next,
    {
      kind: 'handling',
      step: isAck ? 'acked' : 'unacked',
      from: state.handling,
      to: next.handling,
      reason: 'by',
    },
    { at: now, window: null, complete: true },
  )
  const said = { by, ...(comment !== '' && { comment }), ...(isAck && { until }) }
  return {
    state: stepped,
    drafts: drafts.map((draft) => ({ ...draft, ...said })),
    answer: 'applied',
  }
}

/** A47: an ack whose `until` has passed is void; decided at clock records (A8). */
export function expireAck(state: InstanceState, now: number): Advance {
  const until = state.ack?.until ?? null
  if (until === null || until > now) return { state, drafts: [] }
  return draftStep(
    { ...state, handling: 'unacked', ack: null },
    { kind: 'handling', step: 'unacked', from: 'acked', to: 'unacked', reason: 'expired' },
    { at: now, window: null, complete: true },
  )
}
