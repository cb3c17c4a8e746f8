import type { Step, Told } from '../../../src/model/step.ts'
import { Violation } from './ledger.ts'

/**
 * Compares the steps in the log with those of an uninterrupted fold: by alert the same steps in the
 * same order, repeats left out, and every repeat equal in all but its receipt (A1, A9).
 * @throws Violation. Answers how many steps there were, and how many of them were repeats.
 */
export function checkSteps(
  written: readonly (Step | Told)[],
  expected: readonly Step[],
): { readonly stepCount: number; readonly repeatCount: number } {
  const steps = written.filter((record): record is Step => record.kind !== 'notice')
  const firsts = new Map<string, Step>()
  for (const step of steps) {
    const first = firsts.get(step.id)
    if (first === undefined) firsts.set(step.id, step)
    else if (bare(first) !== bare(step)) {
      throw new Violation(`one id, two steps:\n${bare(first)}\n${bare(step)}`)
    }
  }
  const byAlert = Map.groupBy(firsts.values(), ({ fingerprint }) => fingerprint)
  const expectedByAlert = Map.groupBy(expected, ({ fingerprint }) => fingerprint)
  for (const fingerprint of new Set([...byAlert.keys(), ...expectedByAlert.keys()])) {
    compare(byAlert.get(fingerprint) ?? [], expectedByAlert.get(fingerprint) ?? [])
  }
  return { stepCount: firsts.size, repeatCount: steps.length - firsts.size }
}

function compare(steps: readonly Step[], expected: readonly Step[]): void {
  for (let i = 0; i < Math.max(steps.length, expected.length); i++) {
    const [got, wanted] = [steps[i], expected[i]]
    if (got !== undefined && wanted !== undefined && bare(got) === bare(wanted)) continue
    const [is, was] = [got && bare(got), wanted && bare(wanted)]
    throw new Violation(`step ${i + 1} of an alert is\n${is}\nand without a crash\n${was}`)
  }
}

/** A step as text, without what tells only when it was made. */
const bare = (step: Step): string => JSON.stringify({ ...step, receipt: undefined })
