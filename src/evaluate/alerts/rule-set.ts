import type { CompiledRule } from '../../alert/compile-rule.ts'
import type { Expression } from '../../model/expression.ts'
import type { Group } from '../../model/pane.ts'

/** `label == text`, without which a rule never says anything. */
type Binding = { readonly label: string; readonly text: string }

/**
 * The rules of a scope, found by group: a rule for one stream alone (`stream == "arena-1" && …`)
 * is looked up and not tried on every other, so ten thousand of them cost each group its own.
 */
export class RuleSet {
  readonly rules: readonly CompiledRule[]
  readonly #unbound: readonly number[]
  /** By place in the group, then text: indices of rules. */
  readonly #bound: ReadonlyMap<number, ReadonlyMap<string, readonly number[]>>
  readonly #all: ApplicableRules

  constructor(rules: readonly CompiledRule[], groupBy: readonly string[]) {
    this.rules = rules
    const unbound: number[] = []
    const bound = new Map<number, Map<string, number[]>>()
    rules.forEach((rule, i) => {
      const binding = bindingOf(rule, groupBy)
      if (binding === undefined) return unbound.push(i)
      const place = groupBy.indexOf(binding.label)
      const byText = bound.get(place) ?? new Map<string, number[]>()
      bound.set(place, byText)
      const there = byText.get(binding.text)
      if (there === undefined) byText.set(binding.text, [i])
      else there.push(i)
      return i
    })
    this.#unbound = unbound
    this.#bound = bound
    this.#all = applicable(rules, unbound)
  }

  /** The rules that can say something of a group, in the order of the file. */
  of(group: Group): ApplicableRules {
    let mine: number[] | undefined
    for (const [place, byText] of this.#bound) {
      const there = byText.get(group[place] ?? '')
      if (there !== undefined) mine = [...(mine ?? this.#unbound), ...there]
    }
    if (mine === undefined) return this.#all
    return applicable(
      this.rules,
      mine.sort((a, b) => a - b),
    )
  }
}

/** Rules of one group, with what all of them together need to know. */
export type ApplicableRules = {
  readonly rules: readonly CompiledRule[]
  /** Places of those that are tried on open windows (V3). */
  readonly early: readonly number[]
  /** Whether some rule takes windows without rows as 0. */
  readonly hasZero: boolean
  /** The longest silence that some rule waits for, with one hop; −Infinity where none does. */
  readonly absentMsMax: number
}

const NONE: readonly number[] = []

function applicable(all: readonly CompiledRule[], indices: readonly number[]): ApplicableRules {
  const rules = indices.map((i) => all[i]!)
  const isEarly = ({ spec, forMs, of }: CompiledRule): boolean =>
    spec.early && (of === undefined ? forMs === 0 : of.m === 1)
  return {
    rules,
    early: rules.some(isEarly) ? rules.flatMap((rule, i) => (isEarly(rule) ? [i] : [])) : NONE,
    hasZero: rules.some(({ spec }) => spec.empty === 'zero'),
    absentMsMax: Math.max(
      ...rules.map(({ spec, hopMs }) => (spec.absentAfterMs ?? -Infinity) + hopMs),
    ),
  }
}

/**
 * What a rule demands of its group: the gate asks it, or every level does and silence is not
 * judged. Where it does not hold the rule neither opens nor closes, ever.
 */
function bindingOf({ spec }: CompiledRule, groupBy: readonly string[]): Binding | undefined {
  if (spec.gate !== undefined) {
    const [first] = demandsOf(spec.gate, groupBy)
    if (first !== undefined) return first
  }
  if (spec.absentAfterMs !== undefined || spec.empty === 'zero') return undefined
  const [first, ...others] = spec.levels.map(({ when }) => demandsOf(when, groupBy))
  return first?.find(({ label, text }) =>
    others.every((each) => each.some((one) => one.label === label && one.text === text)),
  )
}

function demandsOf(expression: Expression, groupBy: readonly string[]): readonly Binding[] {
  if (expression.op === '&&') {
    return [...demandsOf(expression.left, groupBy), ...demandsOf(expression.right, groupBy)]
  }
  if (expression.op !== '==') return []
  const { left, right } = expression
  const [name, text] = left.op === 'name' ? [left, right] : [right, left]
  const isBinding = name.op === 'name' && text.op === 'text' && groupBy.includes(name.name)
  return isBinding ? [{ label: name.name, text: text.value }] : []
}
