import type { Step } from '../../../src/model/step.ts'
import type { WindowResult } from '../../../src/model/window-result.ts'
import { Violation, type Acked, type Commit } from './ledger.ts'

/** A step or window, and the offset of `panes` from which it follows. */
export type Due = {
  readonly offset: number
  readonly id: string
  /** Of a window; of a step 0. */
  readonly rev: number
}

/** What is due for an output of the evaluator. */
export const dueOf = (offset: number, output: Step | WindowResult): Due => ({
  offset,
  id: output.id,
  rev: 'rev' in output ? output.rev : 0,
})

/** By id: which revisions were acknowledged, each with how many appends had been before it. */
export type AckedOutputs = ReadonlyMap<string, readonly { at: number; rev: number }[]>

/** The steps and windows that were acknowledged. */
export function ackedOutputs(acks: readonly Acked[]): AckedOutputs {
  const found = new Map<string, { at: number; rev: number }[]>()
  const decoder = new TextDecoder()
  acks.forEach(({ topic, rows }, at) => {
    if (topic !== 'windows' && topic !== 'transitions') return
    for (const { value } of rows) {
      const { id = '', rev = 0 } = JSON.parse(decoder.decode(value)) as Partial<Due>
      const before = found.get(id)
      if (before === undefined) found.set(id, [{ at, rev }])
      else before.push({ at, rev })
    }
  })
  return found
}

/**
 * Holds an evaluator to D2: when it committed a position of a partition of `panes`, every step and
 * window that follows from a record before it had been acknowledged. @throws Violation.
 */
export function checkOutputs(
  dues: readonly Due[],
  commits: readonly Commit[],
  acked: AckedOutputs,
): void {
  for (const { offset, id, rev } of dues) {
    const commit = commits.find((each) => each.offset > offset)
    if (commit === undefined) continue
    const isThere = acked.get(id)?.some((each) => each.at < commit.ackCount && each.rev >= rev)
    if (isThere === true) continue
    const where = `panes/${commit.partition} stood at ${commit.offset}`
    throw new Violation(`${where}, and ${id} (${rev}), due at ${offset}, was not in the log`)
  }
}
