import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seedsFrom, seedText } from './core/seed.ts'
import { firstSeed } from './first-seed.ts'
import { runSeed } from './run-seed.ts'

test('[D1] [D2] [D3] [D7] [V5] [A1] [A9] [A74] no fault breaks what is promised', async (t) => {
  for (const seed of seedsFrom(firstSeed(), 10)) {
    const { error, faults, digest, verdict } = await runSeed(seed)
    const replay = `npm run sim -- --seed ${seedText(seed)}`
    t.diagnostic(`${replay} ${digest} ${JSON.stringify(verdict)}`)
    assert.equal(error, undefined, `${replay}\n${JSON.stringify(faults)}\n${String(error)}`)
  }
})
