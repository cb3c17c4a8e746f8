import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { SimulatedClock } from '../std/simulated-clock.ts'

/** Turns of the event loop that a condition may take. */
const TURNS_MAX = 200_000

/** Lets I/O go on until the condition holds, moving the clock by `stepMs` where `mayMove`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  move?: {
    readonly clock: SimulatedClock
    readonly stepMs: number
    readonly mayMove: () => boolean
  },
): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    if (await condition()) return
    if (move?.mayMove() === true) move.clock.advance(move.stepMs)
    await setImmediate()
  }
  assert.fail(`the condition did not hold within ${TURNS_MAX} turns`)
}
