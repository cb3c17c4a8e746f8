import type { Step } from '../../model/step.ts'
import type { StepNews } from '../contract.ts'
import type { Subject } from './subject.ts'

/** One step as people read it. */
export function stepNews(step: Step, { stream, scope }: Subject): StepNews {
  const { id, episode, alert, reason, level, at } = step
  const title = step.annotations['summary'] ?? alert
  return {
    id,
    episode,
    alert,
    title,
    step: step.step,
    reason,
    level,
    stream,
    scope,
    at,
    by: step.by ?? null,
  }
}
