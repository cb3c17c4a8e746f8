import {
  compileFieldPlan,
  type FieldPlan,
  type WantedField,
} from '../../src/wire/fields/field-plan.ts'

const named = (kind: WantedField['kind'], names: string): readonly WantedField[] =>
  names.split(' ').map((name) => ({ name, kind }))

const BASE = [...named('number', 'ts p retrans rtt_ms'), ...named('text', 'stream site')]
const FOREIGN = [...named('number', 'queue_depth'), ...named('text', 'région')]
const MANY = Array.from({ length: 70 }, (_, i): WantedField => {
  return { name: `x${i}`, kind: i % 2 === 0 ? 'number' : 'text' }
})

/** Plans that stop early, late and never, and one that needs three masks. */
export const fieldPlans: Readonly<Record<string, FieldPlan>> = {
  early: compileFieldPlan([...BASE, ...named('number', 'spread n v')]),
  late: compileFieldPlan([...BASE, ...named('number', 'backlog')]),
  foreign: compileFieldPlan([...BASE, ...FOREIGN]),
  wide: compileFieldPlan([...MANY, ...BASE]),
}
