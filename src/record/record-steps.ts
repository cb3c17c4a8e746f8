import type { Claim } from '../log/log.ts'
import { decodeTransition } from '../wire/step-codec.ts'
import type { RecordDeps } from './record-deps.ts'
import { recordTurns } from './record-turns.ts'

/**
 * Copies the claimed partition of `transitions`, steps and what was told of them, into the store
 * until the claim's signal aborts; the turn in hand is finished first (D4).
 * @throws STORE_UNAVAILABLE, STORE_REFUSED, LOG_FENCED: the turn stays uncommitted (D6).
 */
export async function recordSteps(deps: RecordDeps, claim: Claim): Promise<void> {
  await recordTurns(deps, claim, {
    decode: decodeTransition,
    upsert: (steps) => deps.store.upsert({ steps }),
  })
}
