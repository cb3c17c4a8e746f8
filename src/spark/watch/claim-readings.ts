import type { Log } from '../../log/log.ts'
import type { Clock } from '../../std/clock.ts'
import { sparkMemory } from './remembered.ts'
import type { SharedPositions } from './shared-positions.ts'

export type ClaimDeps = {
  readonly log: Log
  readonly clock: Clock
  readonly positions: SharedPositions
}

/**
 * Says in the log that Spark has `readings` (Z16) before it is known that nobody else reads, so
 * that our own engine cannot begin in between; takes it back where that does read.
 * @throws AGGREGATE_ENGINE_DIFFERS, LOG_*.
 */
export async function claimReadings(deps: ClaimDeps): Promise<void> {
  const isNew = await sayIt(deps)
  try {
    await deps.positions.assertAlone()
  } catch (error) {
    if (isNew) await sparkMemory.letGoOfEngine(deps.log)
    throw error
  }
  // Another site may have taken back meanwhile what it said for all.
  await sayIt(deps)
}

/** Whether nobody had said it before. */
async function sayIt({ log, clock }: ClaimDeps): Promise<boolean> {
  if ((await sparkMemory.engine(log)) !== undefined) return false
  await sparkMemory.claimEngine(log, clock.now())
  return true
}
