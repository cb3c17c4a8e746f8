import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Death } from './core/effect-gate.ts'
import { seedText } from './core/seed.ts'
import { firstSeed } from './first-seed.ts'
import { runWorld } from './run-seed.ts'
import type { Fault } from './world/faults.ts'
import { smallScenario } from './world/scenario.ts'

/** Every way to die at an effect; each effect is met in one of them, another one each commit. */
const DEATHS: readonly Pick<Death, 'when' | 'end'>[] = (
  ['before', 'torn', 'after'] as const
).flatMap((when) => (['kill', 'power'] as const).map((end) => ({ when, end })))

test('[D1] [D2] [V5] [A74] at whatever effect it dies, windows are the same', async (t) => {
  const seed = firstSeed()
  const scenario = smallScenario(seed)
  const unbroken = await runWorld({ seed, scenario, faults: [] })
  assert.equal(unbroken.error, undefined)

  let diedCount = 0
  for (let effects = 0; effects < unbroken.effectCount; effects++) {
    const death = DEATHS[(effects + Number(seed % 6n)) % DEATHS.length]!
    const fault: Fault = { at: 0, kind: 'die', effects, downMs: 100, ...death }
    const { error, verdict, tally } = await runWorld({ seed, scenario, faults: [fault] })
    const where = `seed ${seedText(seed)}, ${JSON.stringify(fault)}`
    assert.equal(error, undefined, where)
    assert.deepEqual(verdict?.windows, unbroken.verdict?.windows, where)
    diedCount += tally.counts.get(death.end) ?? 0
  }

  t.diagnostic(`${diedCount} deaths at ${unbroken.effectCount} effects`)
  // The last ones are those of a stop, and a process that began later has fewer of them.
  assert.ok(diedCount > 0.95 * unbroken.effectCount && diedCount > 250)
})
