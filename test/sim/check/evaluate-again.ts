import { newProgress } from '../../../src/app/readers.ts'
import { evaluatePanes } from '../../../src/evaluate/evaluate-panes.ts'
import type { EvaluateSpec } from '../../../src/evaluate/evaluate-spec.ts'
import type { Claim, Log } from '../../../src/log/log.ts'
import type { Clock } from '../../../src/std/clock.ts'
import { ReferenceLog, type Output } from './reference-log.ts'

/**
 * What an evaluator makes of one partition of `panes` that is never interrupted, from its first
 * record up to `end` (A1). The clock stands still, so it writes no checkpoint on the way.
 */
export async function evaluateAgain(
  given: { readonly log: Log; readonly clock: Clock; readonly spec: EvaluateSpec },
  partition: number,
  end: number,
): Promise<readonly Output[]> {
  const { log, clock, spec } = given
  const reference = new ReferenceLog(log, end)
  const ending = new AbortController()
  const claim: Claim = {
    topic: 'panes',
    partition,
    generation: 0,
    signal: ending.signal,
    release: () => undefined,
  }
  const progress = newProgress().evaluate
  const began = clock.now()
  const standing: Clock = { now: () => began, sleep: (ms, signal) => clock.sleep(ms, signal) }
  const work = evaluatePanes({ log: reference, clock: standing, spec, progress }, claim)
  while ((progress.next.get(partition) ?? 0) < end) await clock.sleep(1)
  // In good order, as the last of them stopped: what waits for the next record is issued.
  ending.abort('revoked')
  reference.finish()
  await work
  return reference.outputs
}
