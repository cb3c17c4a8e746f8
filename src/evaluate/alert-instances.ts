import { acknowledge, expireAck } from '../alert/acknowledge.ts'
import { buildStep } from '../alert/build-step.ts'
import type { CompiledRule } from '../alert/compile-rule.ts'
import { fingerprintOf } from '../alert/fingerprint.ts'
import { advance, newInstance, type Advance, type InstanceState } from '../alert/instance.ts'
import { judge, type JudgedWindow } from '../alert/judge.ts'
import { identityLabels, shownLabels } from '../alert/labels.ts'
import { renderTemplate } from '../alert/template.ts'
import type { Command } from '../model/command.ts'
import type { Step } from '../model/step.ts'

/** What steps show of the window that decided them. */
export type Evidence = {
  readonly value: Readonly<Record<string, number>>
  readonly receipt: Step['receipt']
}

/** The alert instances of one group: one per rule, made at the first tick that matters. */
export class AlertInstances {
  readonly #rules: readonly CompiledRule[]
  readonly #labels: Readonly<Record<string, string>>
  readonly #states: (InstanceState | undefined)[] = []

  constructor(rules: readonly CompiledRule[], labels: Readonly<Record<string, string>>) {
    this.#rules = rules
    this.#labels = labels
  }

  /** Judges one window by every rule; answers the steps that follow from it. */
  tick(window: JudgedWindow, evidence: () => Evidence): readonly Step[] {
    const steps: Step[] = []
    this.#rules.forEach((rule, i) => {
      const state = this.#states[i] ?? this.#fresh(rule)
      const tick = judge(rule, window, state)
      if (tick === undefined) return
      const after = advance(rule, state, tick)
      this.#states[i] = after.state
      if (after.drafts.length > 0) steps.push(...this.#built(rule, after, evidence()))
    })
    return steps
  }

  /** Applies what a person did to the instance whose episode it names, if it is here (A46, A50). */
  act(command: Command, now: number): readonly Step[] {
    return this.#rules.flatMap((rule, i) => {
      const state = this.#states[i]
      if (state === undefined || state.episode !== command.target) return []
      return this.#applied(rule, i, { after: acknowledge(state, command, now), now })
    })
  }

  /** Acks whose time is over (A47). */
  expire(now: number): readonly Step[] {
    return this.#rules.flatMap((rule, i) => {
      const state = this.#states[i]
      if (state?.ack === undefined || state.ack === null) return []
      return this.#applied(rule, i, { after: expireAck(state, now), now })
    })
  }

  /** Whether windows without rows can still change something here. */
  isAttentive(lastRowsAt: number, end: number): boolean {
    return this.#rules.some((rule, i) => {
      const state = this.#states[i]
      if (rule.spec.empty === 'zero') return true
      const { absentAfterMs } = rule.spec
      if (state === undefined || state.condition === 'inactive' || state.condition === 'firing') {
        // One tick past the bound settles it: silent, or the gate did not hold.
        const isArmed = absentAfterMs !== undefined && state?.data !== 'nodata'
        return isArmed && end - lastRowsAt <= absentAfterMs + rule.hopMs
      }
      return state.frozenMs <= rule.freezeMaxMs
    })
  }

  /** Whether nothing would be lost by forgetting the group (A45). */
  get isQuiet(): boolean {
    return this.#states.every((state) => state === undefined || state.condition === 'inactive')
  }

  dump(): readonly (InstanceState | null)[] {
    return this.#rules.map((_, i) => this.#states[i] ?? null)
  }

  /** States by rule id: a rule that is new has none, one that is gone is dropped. */
  load(states: Readonly<Record<string, InstanceState | null>>): void {
    this.#rules.forEach((rule, i) => {
      const state = states[rule.spec.id]
      if (state !== undefined && state !== null) this.#states[i] = state
    })
  }

  #fresh(rule: CompiledRule): InstanceState {
    return newInstance(fingerprintOf(identityLabels(rule.spec, this.#labels)))
  }

  #applied(
    rule: CompiledRule,
    index: number,
    { after, now }: { readonly after: Advance; readonly now: number },
  ): readonly Step[] {
    this.#states[index] = after.state
    const receipt = { event: null, read: null, pane: null, closed: null, fired: now }
    return this.#built(rule, after, { value: {}, receipt })
  }

  #built(rule: CompiledRule, after: Advance, evidence: Evidence): readonly Step[] {
    const { spec } = rule
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
