import type { Condition, StepName, StepReason } from '../model/step.ts'

/**
 * What one tick says to the machine, guards folded in. `held`: a breach that meets `for` or `of`.
 * `between`: neither `when` nor `clear`. `clear`: an ok that meets `clear_for`. `unknown`: no
 * verdict or an error. `lost`: that for longer than `freeze_max`. `ended`: the rule or the stream
 * is gone. In `of` mode an ok that leaves a breach among the last n is `breach` to PENDING (A25).
 */
export type Verdict = 'breach' | 'held' | 'between' | 'ok' | 'clear' | 'unknown' | 'lost' | 'ended'

/**
 * One cell: the rule it stands for, where it leads, and the step with its reason. `change` is
 * `raised`, `lowered`, `cause` or no step; reason `cause` is the tick's own: threshold or absent.
 */
export type Cell = {
  readonly rule: string
  readonly to: Condition
  readonly step?:
    | Extract<StepName, 'pending' | 'firing' | 'dropped' | 'recovering' | 'refiring' | 'resolved'>
    | 'change'
  readonly reason?: StepReason | 'cause'
}

/** Total by type: a new verdict or condition does not compile until every cell has its answer. */
export const machine: Readonly<Record<Condition, Readonly<Record<Verdict, Cell>>>> = {
  inactive: {
    held: { rule: 'A19', to: 'firing', step: 'firing', reason: 'cause' },
    breach: { rule: 'A20', to: 'pending', step: 'pending', reason: 'cause' },
    between: { rule: 'A21', to: 'inactive' },
    ok: { rule: 'A21', to: 'inactive' },
    clear: { rule: 'A21', to: 'inactive' },
    unknown: { rule: 'A21', to: 'inactive' },
    lost: { rule: 'A21', to: 'inactive' },
    ended: { rule: 'A37', to: 'inactive' },
  },
  pending: {
    held: { rule: 'A22', to: 'firing', step: 'firing', reason: 'cause' },
    breach: { rule: 'A23', to: 'pending' },
    between: { rule: 'A24', to: 'inactive', step: 'dropped', reason: 'not_held' },
    ok: { rule: 'A24', to: 'inactive', step: 'dropped', reason: 'not_held' },
    clear: { rule: 'A24', to: 'inactive', step: 'dropped', reason: 'not_held' },
    lost: { rule: 'A26', to: 'inactive', step: 'dropped', reason: 'unknown_too_long' },
    unknown: { rule: 'A27', to: 'pending' },
    ended: { rule: 'A37', to: 'inactive', step: 'dropped', reason: 'rule_removed' },
  },
  firing: {
    breach: { rule: 'A28', to: 'firing', step: 'change' },
    held: { rule: 'A28', to: 'firing', step: 'change' },
    between: { rule: 'A28', to: 'firing', step: 'change' },
    clear: { rule: 'A29', to: 'inactive', step: 'resolved', reason: 'ok' },
    ok: { rule: 'A30', to: 'recovering', step: 'recovering', reason: 'ok' },
    // The identity: missing data never clears an alert, however long it is missing (A2).
    unknown: { rule: 'A31', to: 'firing' },
    lost: { rule: 'A31', to: 'firing' },
    ended: { rule: 'A37', to: 'inactive', step: 'resolved', reason: 'rule_removed' },
  },
  recovering: {
    breach: { rule: 'A32', to: 'firing', step: 'refiring', reason: 'cause' },
    held: { rule: 'A32', to: 'firing', step: 'refiring', reason: 'cause' },
    between: { rule: 'A32', to: 'firing', step: 'refiring', reason: 'cause' },
    clear: { rule: 'A33', to: 'inactive', step: 'resolved', reason: 'ok' },
    ok: { rule: 'A34', to: 'recovering' },
    // Fail safe: an alert that was getting better and then went dark is an alert again.
    lost: { rule: 'A35', to: 'firing', step: 'refiring', reason: 'unknown_too_long' },
    unknown: { rule: 'A36', to: 'recovering' },
    ended: { rule: 'A37', to: 'inactive', step: 'resolved', reason: 'rule_removed' },
  },
}
