import assert from 'node:assert/strict'
import test from 'node:test'
import { matchNight } from '../../src/collect/night/match-night.ts'
import { nightFaults, nightSites, type NightFault } from '../../src/collect/night/night-faults.ts'
import { ReadingIntake } from '../../src/collect/reading-intake.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Step } from '../../src/model/step.ts'
import { utf8Text } from '../../src/std/bytes.ts'
import { SimulatedClock } from '../../src/std/simulated-clock.ts'
import { Pipeline } from '../rig/pipeline.ts'

/** Six faults, one every 75 s: each kind once. */
const SECONDS = 6 * 75 + 5
const START = 1_795_383_150_000

/** The night of examples/nocturne.yaml as a newcomer sees it, on a clock of its own. */
function playNight(): { readonly pipeline: Pipeline; readonly faults: readonly NightFault[] } {
  const loaded = loadConfig({ file: 'examples/nocturne.yaml', env: {} })
  assert.ok(loaded.ok)
  const { monitors, collect } = loaded.config
  const source = collect.sources.find((each) => each.kind === 'match-night')
  assert.ok(source?.kind === 'match-night')
  const night = matchNight({ ...source, startAt: START })
  const clock = new SimulatedClock(START)
  const intake = new ReadingIntake({ clock, partitions: 1, source: 'match-night' })
  const pipeline = new Pipeline(monitors, { live: true })
  for (let second = 0; second < SECONDS; second++) {
    const { rows, deadSites, endAt } = night.second(second)
    pipeline.appendedAt = endAt
    const texts = rows.flatMap((row) => {
      const admission = intake.row(row, { position: 'night' })
      return admission.ok && admission.record?.value ? [utf8Text(admission.record.value)] : []
    })
    assert.equal(texts.length, rows.length)
    pipeline.push(0, texts)
    for (const site of nightSites) if (!deadSites.includes(site)) pipeline.beat(endAt, { site })
    pipeline.clock(endAt)
  }
  return {
    pipeline,
    faults: nightFaults({ seed: source.seed, startAt: START }, START + SECONDS * 1000),
  }
}

/** Which alerts each kind of fault must raise, and which others are its consequences. */
const EXPECTED: Readonly<Record<NightFault['kind'], readonly string[]>> = {
  'retransmit-storm': ['RetransmitsHigh'],
  'silent-channel': ['StreamSilent'],
  'http-errors': ['HttpErrors'],
  'latency-inflation': ['RttInflated'],
  'late-segments': ['SegmentsLate'],
  'dead-site': ['nocturne_site_down'],
}

/** How soon after it begins a fault of this kind must be told, where that is promised. */
const SOON_MS: Partial<Readonly<Record<NightFault['kind'], number>>> = {
  // absent_after + lateness + 3 s.
  'silent-channel': 15_000 + 2_000 + 3_000,
  'dead-site': 35_000,
}

/** The slowest rule needs its window, its lateness and its `for` to notice. */
const NOTICE_MS = 35_000

const concerns = (step: Step, fault: NightFault): boolean =>
  step.labels.site === fault.site &&
  (fault.stream === undefined ||
    step.labels.stream === undefined ||
    step.labels.stream === fault.stream)

test('[A18] [A44] every fault of the match night raises its alert, and nothing else fires', () => {
  const { pipeline, faults } = playNight()
  const firings = pipeline.steps.filter((step) => step.step === 'firing')

  for (const fault of faults) {
    const during = firings.filter(
      (step) => step.at >= fault.startAt && step.at <= fault.startAt + NOTICE_MS + 30_000,
    )
    for (const alert of EXPECTED[fault.kind]) {
      const found = during.filter((step) => step.alert === alert && concerns(step, fault))
      const what = `${alert} of ${fault.kind} at ${fault.site} ${fault.stream ?? ''}`
      assert.ok(found.length > 0, what)
      const soonMs = SOON_MS[fault.kind] ?? Infinity
      const waitedMs = Math.min(...found.map((step) => step.receipt.fired)) - fault.startAt
      assert.ok(waitedMs <= soonMs, `${what} took ${waitedMs} ms`)
    }
  }
  const strays = firings.filter(
    (step) =>
      !faults.some(
        (fault) =>
          step.at >= fault.startAt && step.at <= fault.endAt + NOTICE_MS && concerns(step, fault),
      ),
  )
  assert.deepEqual(
    strays.map(
      (step) => `${(step.at - START) / 1000} s ${step.alert} ${JSON.stringify(step.labels)}`,
    ),
    [],
  )
})
