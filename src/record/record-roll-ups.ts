import type { Claim } from '../log/log.ts'
import { decodeRollUpRecord } from '../wire/roll-up-codec.ts'
import type { RecordDeps } from './record-deps.ts'
import { recordTurns } from './record-turns.ts'

/**
 * Copies the claimed partition of `rollups`, minutes, hours and what is known of sites, into the
 * store until the claim's signal aborts; the turn in hand is finished first (D4).
 * @throws STORE_UNAVAILABLE, STORE_REFUSED, LOG_FENCED: the turn stays uncommitted (D6).
 */
export async function recordRollUps(deps: RecordDeps, claim: Claim): Promise<void> {
  await recordTurns(deps, claim, {
    decode: decodeRollUpRecord,
    upsert: (records) =>
      deps.store.upsert({
        rollUps: records.flatMap((record) => (record.kind === 'rollUp' ? [record.rollUp] : [])),
        coverage: records.flatMap((record) => (record.kind === 'coverage' ? [record.minute] : [])),
      }),
  })
}
