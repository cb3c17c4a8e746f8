import type { Step } from '../model/step.ts'
import type { StepDraft } from './instance.ts'

/** What the caller adds to a draft. */
export type StepFacts = Pick<
  Step,
  'alert' | 'monitor' | 'rule' | 'labels' | 'annotations' | 'value' | 'stderr' | 'receipt'
>

/** The receipt of a step that no window decided: a person, the clock or a reload did. */
export const bareReceipt = (fired: number): Step['receipt'] => ({
  event: null,
  appended: null,
  read: null,
  pane: null,
  closed: null,
  fired,
})

/**
 * The record for `transitions`. Keys stand in one fixed order, so that a replayed step is equal
 * byte for byte but for its receipt (A9).
 */
export function buildStep(draft: StepDraft, facts: StepFacts): Step {
  return {
    v: 1,
    id: draft.id,
    fingerprint: draft.fingerprint,
    episode: draft.episode,
    seq: draft.seq,
    kind: draft.kind,
    step: draft.step,
    alert: facts.alert,
    monitor: facts.monitor,
    rule: facts.rule,
    labels: facts.labels,
    annotations: facts.annotations,
    from: draft.from,
    to: draft.to,
    level: draft.level,
    at: draft.at,
    reason: draft.reason,
    value: facts.value,
    ...(facts.stderr !== undefined && { stderr: facts.stderr }),
    window: draft.window,
    complete: draft.complete,
    corrected: draft.corrected,
    active_at: draft.active_at,
    fired_at: draft.fired_at,
    ...(draft.by !== undefined && { by: draft.by }),
    ...(draft.comment !== undefined && { comment: draft.comment }),
    ...(draft.until !== undefined && { until: draft.until }),
    receipt: facts.receipt,
  }
}
