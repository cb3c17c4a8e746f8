import { acknowledge, expireAck } from '../../alert/acknowledge.ts'
import { bareReceipt, buildStep } from '../../alert/build-step.ts'
import type { CompiledRule } from '../../alert/compile-rule.ts'
import { fingerprintOf } from '../../alert/fingerprint.ts'
import { advance, newInstance, type Advance, type InstanceState } from '../../alert/instance.ts'
import { isQuiet, judge, type JudgedWindow } from '../../alert/judge.ts'
import { identityLabels, shownLabels } from '../../alert/labels.ts'
import { renderTemplate } from '../../alert/template.ts'
import type { Tick } from '../../alert/tick.ts'
import type { HandlingCommand } from '../../model/command.ts'
import type { Step } from '../../model/step.ts'
import type { InstanceBudget } from './instance-budget.ts'
import type { ApplicableRules } from './rule-set.ts'

/** What steps show of the window that decided them. */
export type Evidence = {
  readonly value: Readonly<Record<string, number>>
  /** Of values that are estimates (S5). */
  readonly stderr?: Readonly<Record<string, number>>
  readonly receipt: Step['receipt']
}

/** An open window on trial (V3): merged only as far as the rules ask. */
export interface EarlyTrial {
  readonly end: number
  /** Whether a level of the rule is breached, whatever its gate says. */
  holds(rule: CompiledRule): boolean
  window(): JudgedWindow
  evidence(): Evidence
}

const NO_STEPS: readonly Step[] = []
/** What an instance is of which nothing is known: its name is made when something is. */
const IDLE = newInstance('')

/**
 * The alert instances of one group. Nearly all are INACTIVE and nothing is known of them but when
 * the group was first judged: they take no room until a window says something of them.
 */
export class AlertInstances {
  #applicable: ApplicableRules
  readonly #labels: Readonly<Record<string, string>>
  readonly #budget: InstanceBudget
  #states: (InstanceState | undefined)[] | undefined
  /** T of the first closed window (A12); null before it. */
  bornAt: number | null = null

  constructor(
    applicable: ApplicableRules,
    labels: Readonly<Record<string, string>>,
    budget: InstanceBudget,
  ) {
    this.#applicable = applicable
    this.#labels = labels
    this.#budget = budget
  }

  get hasRules(): boolean {
    return this.#applicable.rules.length > 0
  }

  get hasEarlyRules(): boolean {
    return this.#applicable.early.length > 0
  }

  /** Judges one closed window by every rule; answers the steps that follow from it. */
  tick(window: JudgedWindow, evidence: () => Evidence): readonly Step[] {
    const { rules } = this.#applicable
    let steps: Step[] | undefined
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i]!
      const state = this.#states?.[i]
      const idles = state === undefined || isIdle(state)
      if (idles && isQuiet(rule, window, state ?? IDLE)) continue
      const made = this.#advance(i, judge(rule, window, state ?? IDLE), evidence)
      if (made.length > 0) (steps ??= []).push(...made)
    }
    this.bornAt ??= window.end
    return steps ?? NO_STEPS
  }

  /** Tries an open window by the rules that may fire on it (V3, A15). */
  early(trial: EarlyTrial): readonly Step[] {
    let steps: Step[] | undefined
    for (const i of this.#applicable.early) {
      const rule = this.#applicable.rules[i]!
      const state = this.#states?.[i]
      if (state !== undefined && isDecided(state, trial.end, rule)) continue
      if (!trial.holds(rule)) continue
      const tick = judge(rule, trial.window(), state ?? IDLE)
      const made = this.#advance(i, tick, () => trial.evidence())
      if (made.length > 0) (steps ??= []).push(...made)
    }
    return steps ?? NO_STEPS
  }

  /** Applies what a person did to the instance whose episode it names, if it is here (A46, A50). */
  act(command: HandlingCommand, now: number): readonly Step[] {
    return (this.#states ?? []).flatMap((state, i) => {
      if (state === undefined || state.episode !== command.target) return []
      return this.#decided(i, acknowledge(state, command, now), now)
    })
  }

  /** Acks whose time is over (A47). */
  expire(now: number): readonly Step[] {
    return (this.#states ?? []).flatMap((state, i) => {
      if (state?.ack === undefined || state.ack === null) return []
      return this.#decided(i, expireAck(state, now), now)
    })
  }

  /** Whether windows without rows can still change something here. */
  isAttentive(lastRowsAt: number, end: number): boolean {
    const { rules, hasZero, absentMsMax } = this.#applicable
    if (hasZero) return true
    if (this.#states === undefined) return end - lastRowsAt <= absentMsMax
    return rules.some((rule, i) => {
      const state = this.#states?.[i]
      const { absentAfterMs } = rule.spec
      if (state === undefined || state.condition === 'inactive' || state.condition === 'firing') {
        // One tick past the bound settles it: silent, or the gate did not hold.
        const isArmed = absentAfterMs !== undefined && state?.data !== 'nodata'
        return isArmed && end - lastRowsAt <= absentAfterMs + rule.hopMs
      }
      return state.frozenMs <= rule.freezeMaxMs
    })
  }

  /** Whether some instance is known beyond its birth: only those can be acted on. */
  get isKept(): boolean {
    return this.#states !== undefined
  }

  /** Whether an instance of one of these rules is on: PENDING, FIRING or RECOVERING. */
  isOn(rules: ReadonlySet<string>): boolean {
    return (this.#states ?? []).some(
      (state, i) =>
        state !== undefined &&
        state.condition !== 'inactive' &&
        rules.has(this.#applicable.rules[i]!.spec.id),
    )
  }

  /** Whether nothing would be lost by forgetting the group (A45). */
  get isQuiet(): boolean {
    return (this.#states ?? []).every(
      (state) => state === undefined || state.condition === 'inactive',
    )
  }

  /** The group is forgotten: others may have its room. */
  forget(): void {
    this.#states?.forEach((state, i) => {
      if (state !== undefined) this.#budget.giveBack(this.#applicable.rules[i]!.spec)
    })
    this.#states = undefined
  }

  /** What is known beyond birth, by rule id. */
  dump(): readonly (readonly [rule: string, state: InstanceState])[] {
    return (this.#states ?? []).flatMap((state, i) =>
      state === undefined ? [] : [[this.#applicable.rules[i]!.spec.id, state] as const],
    )
  }

  /** States by rule id: a rule that is new has none, one that is gone is dropped. */
  load(states: readonly (readonly [rule: string, state: InstanceState])[]): void {
    const place = new Map(this.#applicable.rules.map(({ spec }, i) => [spec.id, i]))
    for (const [rule, state] of states) {
      const i = place.get(rule)
      if (i === undefined || !this.#budget.take(this.#applicable.rules[i]!.spec)) continue
      ;(this.#states ??= [])[i] = state
    }
  }

  /**
   * Takes other rules for the same group (A75): a rule keeps its state by its id; one that is new
   * is born at the next window that says something of it, since its numbers begin again there.
   */
  reload(applicable: ApplicableRules): void {
    const known = this.dump()
    const before = new Set(this.#applicable.rules.map(({ spec }) => spec.id))
    this.forget()
    this.#applicable = applicable
    this.load(known)
    const isSame = applicable.rules.every(({ spec }) => before.has(spec.id))
    if (!isSame) this.bornAt = null
  }

  #advance(index: number, tick: Tick | undefined, evidence: () => Evidence): readonly Step[] {
    if (tick === undefined) return NO_STEPS
    const rule = this.#applicable.rules[index]!
    const known = this.#states?.[index]
    if (known === undefined && saysNothing(advance(rule, IDLE, tick))) return NO_STEPS
    const before = known ?? this.#fresh(rule)
    return before === undefined
      ? NO_STEPS
      : this.#keep(index, advance(rule, before, tick), evidence)
  }

  #fresh(rule: CompiledRule): InstanceState | undefined {
    if (!this.#budget.take(rule.spec)) return undefined
    const fingerprint = fingerprintOf(identityLabels(rule.spec, this.#labels))
    return { ...newInstance(fingerprint), bornAt: this.bornAt }
  }

  #keep(index: number, after: Advance, evidence: () => Evidence): readonly Step[] {
    ;(this.#states ??= [])[index] = after.state
    return after.drafts.length === 0 ? NO_STEPS : this.#built(index, after, evidence())
  }

  #decided(index: number, after: Advance, now: number): readonly Step[] {
    return this.#keep(index, after, () => ({ value: {}, receipt: bareReceipt(now) }))
  }

  #built(index: number, after: Advance, evidence: Evidence): readonly Step[] {
    const { spec } = this.#applicable.rules[index]!
    return after.drafts.map((draft) => {
      const labels = shownLabels(spec, this.#labels, draft.level)
      const annotations = Object.fromEntries(
        Object.entries(spec.annotations).map(([name, template]) => [
          name,
          renderTemplate(template, { ...labels, ...evidence.value }),
        ]),
      )
      const { alert, monitor, id } = spec
      return buildStep(draft, { alert, monitor, rule: id, labels, annotations, ...evidence })
    })
  }
}

/** Nothing is going on with it, and nothing that a quiet window would have to end. */
const isIdle = ({ condition, data, errorRun }: InstanceState): boolean =>
  condition === 'inactive' && data === 'fresh' && errorRun === 0

const saysNothing = ({ state, drafts }: Advance): boolean =>
  drafts.length === 0 && isIdle(state) && !state.gateHeld

/** Whether an early tick of this window would leave the instance as it is. */
function isDecided(state: InstanceState, end: number, { levels }: CompiledRule): boolean {
  if (state.end === null || end > state.end) return false
  if (end < state.end || !state.early) return true
  const isAllOn = state.triggers === 2 ** levels.length - 1
  return isAllOn && state.condition === 'firing' && state.cause === 'threshold'
}
