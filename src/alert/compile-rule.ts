import type { Expression } from '../model/expression.ts'
import type { RuleSpec, Severity } from '../model/monitor.ts'
import { compileCondition, type Slots, type TextSlots, type Truth } from './compile-expression.ts'

/** How long a breach and an ok must last: what the fold of an instance needs of its rule. */
export type Pacing = Pick<RuleSpec, 'forMs' | 'of' | 'clearForMs' | 'freezeMaxMs'> & {
  /** Ticks of an instance are this far apart. */
  readonly hopMs: number
}

type TruthOf = (values: Float64Array, texts: TextSlots) => Truth

/** A rule ready to judge windows: its expressions are closures over the monitor's slots. */
export type CompiledRule = Pacing & {
  readonly spec: RuleSpec
  /** Rising, as in the spec; `clear` absent = not `when`. */
  readonly levels: readonly {
    readonly severity: Severity
    readonly when: TruthOf
    readonly clear?: TruthOf
  }[]
  readonly gate?: TruthOf
  /** Whether defined values can still make a `clear`, or the gate, an error (A14). */
  readonly canClearFail: boolean
  readonly canGateFail: boolean
}

/** Compiles the expressions of a checked rule; `hopMs` is its monitor's. */
export function compileRule(spec: RuleSpec, hopMs: number, slots: Slots): CompiledRule {
  return {
    spec,
    hopMs,
    forMs: spec.forMs,
    clearForMs: spec.clearForMs,
    freezeMaxMs: spec.freezeMaxMs,
    ...(spec.of && { of: spec.of }),
    ...(spec.gate && { gate: compileCondition(spec.gate, slots) }),
    canGateFail: spec.gate !== undefined && canFail(spec.gate),
    canClearFail: spec.levels.some(({ clear }) => clear !== undefined && canFail(clear)),
    levels: spec.levels.map(({ severity, when, clear }) => ({
      severity,
      when: compileCondition(when, slots),
      ...(clear && { clear: compileCondition(clear, slots) }),
    })),
  }
}

/** Only arithmetic makes of finite numbers one that is not: comparing and joining cannot. */
function canFail(expression: Expression): boolean {
  switch (expression.op) {
    case '+':
    case '-':
    case '*':
    case '/':
      return true
    case '!':
    case 'negate':
      return canFail(expression.operand)
    case 'in':
      return canFail(expression.left)
    default:
      return 'left' in expression && (canFail(expression.left) || canFail(expression.right))
  }
}
