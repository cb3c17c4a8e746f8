import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import test from 'node:test'
import { nightFaults, type NightFault } from '../../src/collect/night/night-faults.ts'
import type { Step } from '../../src/model/step.ts'
import type { WindowResult } from '../../src/model/window-result.ts'
import { SimulatedClock } from '../../src/std/simulated-clock.ts'
import { temporaryFolder } from '../rig/cli.ts'
import { RunningApp } from '../rig/running-app.ts'

const SEED = 1
const START = 1_795_383_150_000
/** The sixth fault is the dead site, from 380 s to 440 s; then it needs a while to be back. */
const SECONDS = 480
/** Turns of the event loop after each step of the clock: all readers are idle long before. */
const TURNS = 20
const PARTITIONS = 2

/** examples/nocturne.yaml with a small night alone, and one monitor over all sites. */
function nightConfig(): string {
  const lines = readFileSync('examples/nocturne.yaml', 'utf8').split('\n')
  const changed = lines.flatMap((line) => {
    if (line.includes('kind: ss')) return []
    if (!line.includes('kind: match-night')) return [line]
    return [`    - { kind: match-night, seed: ${SEED}, channels: 8, rows_per_second: 300 }`]
  })
  const everywhere = [
    'monitors:',
    '  - id: everywhere',
    '    where: src == "http"',
    '    group_by: [stream]',
    '    window: { size: 10s, lateness: 2s }',
    '    aggregates: { requests: { count: rows } }',
    '    rules: [{ alert: Nothing, when: requests < 0, clear: requests >= 0, severity: info }]',
  ]
  return [
    `log: { kind: memory, partitions: ${PARTITIONS} }`,
    'store: { kind: memory }',
    ...changed.flatMap((line) => (line === 'monitors:' ? everywhere : [line])),
  ].join('\n')
}

/** Everything that a topic holds, oldest first in each partition. */
async function recordsOf<T>(app: RunningApp, topic: string): Promise<readonly T[]> {
  const records: T[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const path = `/api/tail?topic=${topic}&partition=${partition}&from=earliest&limit=100000`
    const lines = (await app.text(path)).trimEnd().split('\n')
    records.push(...lines.map((line) => (JSON.parse(line) as { value: T }).value))
  }
  return records
}

/** The night as the running program lives it, at no other pace than its own. */
async function playNight(t: test.TestContext) {
  const folder = await temporaryFolder(t)
  const clock = new SimulatedClock(START)
  const app = await RunningApp.start(t, { folder, text: nightConfig(), clock })
  for (let half = 0; half < SECONDS * 2; half++) {
    clock.advance(500)
    for (let turn = 0; turn < TURNS; turn++) await setImmediate()
  }
  const steps = (await recordsOf<Step>(app, 'transitions')).filter(({ step }) => step !== undefined)
  const windows = await recordsOf<WindowResult>(app, 'windows')
  await app.app.stop()
  return { steps, windows }
}

const faultOf = (kind: NightFault['kind']): NightFault => {
  const faults = nightFaults({ seed: SEED, startAt: START }, START + SECONDS * 1000)
  return faults.find((fault) => fault.kind === kind)!
}

test(
  '[A18] [A44] [V2] silence and a dark site in the running program',
  {
    timeout: 120_000,
  },
  async (t) => {
    const silent = faultOf('silent-channel')
    const dark = faultOf('dead-site')

    const { steps, windows } = await playNight(t)

    const silences = steps.filter(
      ({ alert, step }) => alert === 'StreamSilent' && step === 'firing',
    )
    assert.equal(silences.length, 2, 'one at each edge of the site')
    for (const { labels, receipt } of silences) {
      assert.equal(labels.site, silent.site)
      // absent_after, lateness and three seconds.
      const waitedMs = receipt.fired - silent.startAt
      assert.ok(waitedMs > 0 && waitedMs <= 15_000 + 2_000 + 3_000, `${waitedMs} ms`)
    }
    const downs = steps.filter(({ alert }) => alert === 'nocturne_site_down')
    assert.deepEqual(
      downs.map(({ step, labels }) => `${step} ${labels.site}`),
      [`firing ${dark.site}`, `resolved ${dark.site}`],
    )
    const [down, back] = downs
    const waitedMs = down!.receipt.fired - dark.startAt
    assert.ok(waitedMs > 0 && waitedMs <= 35_000, `${waitedMs} ms`)
    assert.ok(back!.receipt.fired >= dark.endAt && back!.receipt.fired <= dark.endAt + 10_000)
    const because = steps.filter(
      ({ alert, receipt, labels }) =>
        alert !== 'nocturne_site_down' &&
        labels.site === dark.site &&
        receipt.fired > dark.startAt + 3_000 &&
        receipt.fired <= dark.endAt + 20_000,
    )
    assert.deepEqual(because, [])
    const lacking = windows.filter(
      ({ monitor, start, end }) =>
        monitor === 'everywhere' && start >= dark.startAt + 5_000 && end <= dark.endAt,
    )
    assert.ok(lacking.length > 0)
    for (const { complete, sources } of lacking) {
      assert.equal(complete, false)
      assert.ok(
        sources.missing.some((name) => name.startsWith(dark.site)),
        JSON.stringify(sources),
      )
    }
  },
)
