import type { Severity } from '../model/monitor.ts'
import type { Condition, DataState, Handling, Step } from '../model/step.ts'
import type { Pacing } from './compile-rule.ts'
import { machine, type Verdict } from './machine.ts'
import { severityOrder, worseSeverity } from './severity.ts'
import type { Cause, Tick } from './tick.ts'

/** One alert instance between two ticks: plain JSON, so a checkpoint is `JSON.stringify` (A1). */
export type InstanceState = {
  readonly fingerprint: string
  /** T of the first tick of its remembered life (A12); null before it. */
  readonly bornAt: number | null
  /** Number of the newest step (A13); 0 before the first. */
  readonly seq: number
  readonly condition: Condition
  readonly data: DataState
  readonly handling: Handling
  readonly ack: {
    readonly by: string
    readonly until: number | null
    readonly level: Severity
  } | null
  /** The dedup key while not INACTIVE (A12). */
  readonly episode: string | null
  readonly activeAt: number | null
  readonly firedAt: number | null
  readonly level: Severity
  readonly cause: Cause
  /** Bit i: level i is on (A17). */
  readonly triggers: number
  readonly heldMs: number
  readonly clearedMs: number
  readonly frozenMs: number
  /** `of` mode, PENDING: the last n known ticks, oldest first, `B` or `-`. */
  readonly history: string
  /** T of the newest tick folded, and whether that one was early. */
  readonly end: number | null
  readonly early: boolean
  /** Whether the gate held in the last window with rows (A18). */
  readonly gateHeld: boolean
  /** Errors in a row (A40). */
  readonly errorRun: number
}

/** A step but for what the caller knows: names, labels, annotations, values and the receipt. */
export type StepDraft = Omit<
  Step,
  'v' | 'alert' | 'monitor' | 'rule' | 'labels' | 'annotations' | 'value' | 'stderr' | 'receipt'
>

/** The state after, and the steps that led there, in order of seq. */
export type Advance = { readonly state: InstanceState; readonly drafts: readonly StepDraft[] }

/** Errors in a row that make the data region ERROR (A40). */
const ERROR_RUN_MIN = 3

/** An instance that no tick has reached. */
export const newInstance = (fingerprint: string): InstanceState => ({
  fingerprint,
  bornAt: null,
  seq: 0,
  condition: 'inactive',
  data: 'fresh',
  handling: 'unacked',
  ack: null,
  episode: null,
  activeAt: null,
  firedAt: null,
  level: 'info',
  cause: 'threshold',
  triggers: 0,
  heldMs: 0,
  clearedMs: 0,
  frozenMs: 0,
  history: '',
  end: null,
  early: false,
  gateHeld: false,
  errorRun: 0,
})

type Draft = Pick<StepDraft, 'kind' | 'step' | 'from' | 'to' | 'reason'>
type Deciding = Pick<StepDraft, 'at' | 'window' | 'complete'>

/** Gives a step its number, id and episode; `state` is that in which the step belongs. */
export function draftStep(state: InstanceState, draft: Draft, deciding: Deciding): Advance {
  const seq = state.seq + 1
  const episode = state.episode ?? `${state.fingerprint}-${state.bornAt ?? deciding.at}`
  const full: StepDraft = {
    id: `${episode}-${seq}`,
    fingerprint: state.fingerprint,
    episode,
    seq,
    ...draft,
    ...deciding,
    level: state.level,
    corrected: false,
    active_at: state.activeAt,
    fired_at: state.firedAt,
  }
  return { state: { ...state, seq }, drafts: [full] }
}

/**
 * Folds one tick into an instance (A19–A36, A39, A40). A tick at or before the newest one changes
 * nothing, unless that was early and this is of the same window: an early breach stands for its T,
 * and since it opens at once from every condition, older closed windows cannot change what it led
 * to. At most one step a region leaves, data first, then condition, then handling.
 */
export function advance(rule: Pacing, before: InstanceState, tick: Tick): Advance {
  if (before.end !== null && isOvertaken(before.end, before.early, tick)) {
    return { state: before, drafts: [] }
  }
  const state: InstanceState = {
    ...before,
    bornAt: before.bornAt ?? tick.end,
    end: tick.end,
    early: tick.early,
    gateHeld: tick.gateHeld ?? before.gateHeld,
  }
  const window = { end: tick.end, rev: tick.rev, early: tick.early }
  const deciding = { at: tick.end, window, complete: tick.complete }
  const data = advanceData(state, tick, deciding)
  const condition = advanceCondition(rule, data.state, { tick, deciding })
  if (data.drafts.length === 0 && condition.drafts.length === 0) return condition
  const handling = voidAck(condition.state, deciding)
  return {
    state: handling.state,
    drafts: [...data.drafts, ...condition.drafts, ...handling.drafts],
  }
}

function isOvertaken(end: number, wasEarly: boolean, tick: Tick): boolean {
  return tick.end < end || (tick.end === end && !wasEarly)
}

/** A39, A40. ERROR is shown, never told: the built-in rule on errors tells (A40). */
function advanceData(state: InstanceState, tick: Tick, deciding: Deciding): Advance {
  if (tick.early) return { state, drafts: [] }
  const from = state.data
  const errorRun = tick.result === 'error' ? state.errorRun + 1 : 0
  const told: DataState = tick.data === 'same' ? (from === 'error' ? 'fresh' : from) : tick.data
  const to: DataState = errorRun >= ERROR_RUN_MIN ? 'error' : told
  const isSame = from === to && errorRun === state.errorRun
  const next: InstanceState = isSame ? state : { ...state, data: to, errorRun }
  if (from !== 'nodata' && to === 'nodata') {
    const shown = tick.level ?? state.level
    const draft = { kind: 'data', step: 'nodata', from, to, reason: 'absent' } as const
    const { state: stepped, drafts } = draftStep({ ...next, level: shown }, draft, deciding)
    return { state: { ...stepped, level: state.level }, drafts }
  }
  if (from !== 'nodata' || to !== 'fresh') return { state: next, drafts: [] }
  return draftStep(next, { kind: 'data', step: 'fresh', from, to, reason: 'rows' }, deciding)
}

type Timers = Pick<InstanceState, 'heldMs' | 'clearedMs' | 'frozenMs' | 'history'>

const STOPPED: Timers = { heldMs: 0, clearedMs: 0, frozenMs: 0, history: '' }

/** Grows the clocks of the condition by one tick; guards read the grown values (section 5). */
function grow(rule: Pacing, state: InstanceState, tick: Tick): Timers {
  const { condition, heldMs, clearedMs, frozenMs, history } = state
  const isBreach = tick.result === 'breach'
  if (condition === 'firing') return STOPPED
  if (condition === 'inactive') return rule.of && isBreach ? { ...STOPPED, history: 'B' } : STOPPED
  if (tick.result === 'none' || tick.result === 'error') {
    return { heldMs, clearedMs, frozenMs: frozenMs + rule.hopMs, history }
  }
  if (condition === 'recovering') {
    return { ...STOPPED, clearedMs: tick.result === 'ok' ? clearedMs + rule.hopMs : clearedMs }
  }
  return {
    ...STOPPED,
    heldMs: isBreach ? heldMs + rule.hopMs : heldMs,
    history: rule.of ? (history + (isBreach ? 'B' : '-')).slice(-rule.of.n) : '',
  }
}

function verdictOf(
  rule: Pacing,
  state: InstanceState,
  given: { tick: Tick; timers: Timers },
): Verdict {
  const { tick, timers } = given
  switch (tick.result) {
    case 'none':
    case 'error':
      return timers.frozenMs > rule.freezeMaxMs ? 'lost' : 'unknown'
    case 'breach':
      return isHeld(rule, state.condition, timers) ? 'held' : 'breach'
    case 'between':
      return state.condition === 'pending' && timers.history.includes('B') ? 'breach' : 'between'
    case 'ok':
      if (state.condition === 'pending') return timers.history.includes('B') ? 'breach' : 'ok'
      return isCleared(rule, state.condition, timers) ? 'clear' : 'ok'
  }
}

function isHeld(rule: Pacing, condition: Condition, { heldMs, history }: Timers): boolean {
  if (rule.of) return history.split('B').length - 1 >= rule.of.m
  return condition === 'pending' ? heldMs >= rule.forMs : rule.forMs === 0
}

function isCleared(rule: Pacing, condition: Condition, { clearedMs }: Timers): boolean {
  return condition === 'recovering' ? clearedMs >= rule.clearForMs : rule.clearForMs === 0
}

function advanceCondition(
  rule: Pacing,
  state: InstanceState,
  { tick, deciding }: { readonly tick: Tick; readonly deciding: Deciding },
): Advance {
  const timers = grow(rule, state, tick)
  const cell = machine[state.condition][verdictOf(rule, state, { tick, timers })]
  const from = state.condition
  const { to } = cell
  if (from === 'inactive' && to === 'inactive') return { state, drafts: [] }
  const entered = enter(state, to, tick)
  const moved: InstanceState = {
    ...entered,
    ...(from === to || to === 'pending' ? timers : STOPPED),
  }
  if (cell.step === undefined) return { state: moved, drafts: [] }
  const step = cell.step === 'change' ? changed(state, moved) : cell.step
  if (step === undefined) return { state: moved, drafts: [] }
  const reason = cell.reason === undefined || cell.reason === 'cause' ? tick.cause : cell.reason
  const stepped = draftStep(moved, { kind: 'condition', step, from, to, reason }, deciding)
  return to === 'inactive' ? { ...stepped, state: closed(stepped.state) } : stepped
}

/** The state in the condition entered, with the level, cause and instants that its step shows. */
function enter(state: InstanceState, to: Condition, tick: Tick): InstanceState {
  const isKnownBad = tick.result === 'breach' || tick.result === 'between'
  // Early results raise; the closed window alone may lower (V3).
  const shown = tick.level ?? state.level
  const level =
    tick.early && state.condition === 'firing' ? worseSeverity(shown, state.level) : shown
  const activeAt = state.activeAt ?? tick.end
  return {
    ...state,
    condition: to,
    level,
    cause: isKnownBad ? tick.cause : state.cause,
    triggers: tick.triggers,
    episode: state.episode ?? `${state.fingerprint}-${activeAt}`,
    activeAt,
    firedAt: to === 'firing' ? (state.firedAt ?? tick.end) : state.firedAt,
  }
}

function changed(
  from: InstanceState,
  to: InstanceState,
): 'raised' | 'lowered' | 'cause' | undefined {
  const order = severityOrder(to.level, from.level)
  if (order !== 0) return order > 0 ? 'raised' : 'lowered'
  return to.cause === from.cause ? undefined : 'cause'
}

/** INACTIVE again: episode over, all levels are off, an ack is void without a step (A47). */
const closed = (state: InstanceState): InstanceState => ({
  ...state,
  ...STOPPED,
  handling: 'unacked',
  ack: null,
  episode: null,
  activeAt: null,
  firedAt: null,
  triggers: 0,
  cause: 'threshold',
})

/** A47: an alert that got worse than what a person acknowledged asks again. */
function voidAck(state: InstanceState, deciding: Deciding): Advance {
  if (state.ack === null || severityOrder(state.level, state.ack.level) <= 0) {
    return { state, drafts: [] }
  }
  const free: InstanceState = { ...state, handling: 'unacked', ack: null }
  const draft = {
    kind: 'handling',
    step: 'unacked',
    from: 'acked',
    to: 'unacked',
    reason: 'raised',
  } as const
  return draftStep(free, draft, deciding)
}

/** A37: the rule is gone, or its groups are cut otherwise; `at` is the clock record's time. */
export function endInstance(before: InstanceState, at: number): Advance {
  const from = before.condition
  const { to, step, reason } = machine[from].ended
  const state: InstanceState = { ...before, condition: to }
  if (step === undefined || step === 'change' || reason === undefined || reason === 'cause') {
    return { state: closed(state), drafts: [] }
  }
  const draft = { kind: 'condition', step, from, to, reason } as const
  const stepped = draftStep(state, draft, { at, window: null, complete: true })
  return { ...stepped, state: closed(stepped.state) }
}
