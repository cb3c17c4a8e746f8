import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { seedsFrom, seedText } from './core/seed.ts'
import { Tally } from './core/tally.ts'
import { firstSeed } from './first-seed.ts'
import { runSeed, verdictText } from './run-seed.ts'

const SEED_COUNT = 100

/** What has to have happened over all seeds: proof that nobody fights against nothing. */
const HAPPENINGS = [
  ...['kill', 'power', 'stop', 'process ended by itself', 'torn tails cut', 'compactions'],
  ...['fault die', 'fault pause', 'fault clock', 'fault rebalance', 'fault full', 'fault reload'],
  ...['eio datasync', 'eio write', 'eio read', 'lost-sync', 'short-write', 'slow'],
  ...['store down', 'receiver fails or hangs or cuts'],
  ...['reader met LOG_FULL', 'reader met LOG_POISONED', 'reader met STORE_UNAVAILABLE'],
  ...['started again for poison', 'appends refused for space', 'rounds of maintenance failed'],
  ...['post cut off', 'post refused for now', 'post sent twice', 'answer lost'],
  ...['post to a process that ended', 'command ack', 'command unack', 'command sent twice'],
  ...['rows repeated', 'rows beyond correction', 'rows refused by readers'],
  ...[
    'rows of a sample',
    'rows ahead of their time',
    'windows without a silent site',
    'steps repeated',
  ],
] as const

/** A receiver is ill in a few worlds of a hundred: any of its ways will do. */
const waysOf = (what: string): readonly string[] => {
  const [first = '', ...others] = what.split(' or ')
  const subject = first.split(' ')[0]
  return [first, ...others.map((other) => `${subject} ${other}`)]
}

const replay = (seed: bigint): string => `npm run sim -- --seed ${seedText(seed)}`

/** Lets the world of a seed happen; a failure names the seed, so that it can happen again. */
async function keepsItsPromises(seed: bigint): Promise<Tally> {
  const { error, faults, tally } = await runSeed(seed)
  assert.equal(error, undefined, `${replay(seed)}\n${JSON.stringify(faults)}\n${String(error)}`)
  return tally
}

test('[D1] [D2] [D3] [D5] [D7] [V5] [A1] [A9] [A74] no fault breaks a promise', async (t) => {
  const tally = new Tally()

  for (const seed of seedsFrom(firstSeed(), SEED_COUNT)) {
    tally.addAll(await keepsItsPromises(seed))
  }

  t.diagnostic(`${SEED_COUNT} worlds, the first by ${replay(firstSeed())}`)
  for (const line of tally.lines) t.diagnostic(line)
  const missing = HAPPENINGS.filter((what) => !waysOf(what).some((way) => tally.counts.has(way)))
  assert.deepEqual(missing, [])
})

test('[D1] [D2] [V5] [A1] [A74] the seeds that once broke a promise break none', async () => {
  const path = new URL('seeds.json', import.meta.url)
  const pinned = JSON.parse(await readFile(path, 'utf8')) as readonly { readonly seed: string }[]

  for (const { seed } of pinned) await keepsItsPromises(BigInt(seed))

  assert.ok(pinned.length > 0)
})

test('the first seed gives the same world twice, event for event', async () => {
  const [first, second] = [await runSeed(firstSeed()), await runSeed(firstSeed())]

  assert.deepEqual(
    [second.digest, verdictText(second.verdict)],
    [first.digest, verdictText(first.verdict)],
  )
})
