import assert from 'node:assert/strict'
import test from 'node:test'
import { readToEnd, type Log } from '../../src/log/log.ts'
import { bytesOf } from '../../src/model/record-columns.ts'
import type { Step } from '../../src/model/step.ts'
import type { WindowResult } from '../../src/model/window-result.ts'
import { SimulatedClock } from '../../src/std/simulated-clock.ts'
import { decodeTransition } from '../../src/wire/step-codec.ts'
import { assertWindows } from '../rig/assert-windows.ts'
import { LayeredCloud, LayeredSite } from '../rig/layers-rig.ts'
import { above, monitor, rule } from '../rig/monitor.ts'
import type { Row } from '../rig/pipeline.ts'
import { oracleWindows } from '../rig/window-oracle.ts'

const START = 1_795_383_150_000
const SITES = ['ams1', 'lyo1', 'waw1'] as const
const high = { levels: [{ severity: 'critical' as const, when: above('sum', 50) }] }
const MONITOR = monitor({
  groupBy: ['stream'],
  rules: [
    rule({ alert: 'SiteHigh', ...high, scopes: ['site'], clearForMs: 3000 }),
    rule({ alert: 'AllHigh', ...high, scopes: ['all'], clearForMs: 3000 }),
  ],
  scopes: ['site', 'all'],
})

const STREAMS = ['arena-1', 'arena-2', 'news', 'kids', 'films']

/** What viewers of one site do in one second; at 20 s one stream of `ams1` is in trouble. */
function rowsAt(site: string, second: number): readonly Row[] {
  return STREAMS.flatMap((stream, s) =>
    Array.from({ length: 1 + ((second + s) % 3) }, (_, i) => ({
      ts: START + second * 1000 + i * 137 + s,
      site,
      stream,
      session: `${site}-${i}`,
      x: stream === 'news' && site === 'ams1' && second === 20 ? 90 : 0.125 * (i + 1),
    })),
  )
}

type World = {
  readonly clock: SimulatedClock
  readonly sites: readonly LayeredSite[]
  readonly cloud: LayeredCloud
  readonly rows: Row[]
}

async function world(given: { readonly site?: number; readonly cloud?: number } = {}) {
  const { site: partitions = 2, cloud: cloudPartitions = partitions } = given
  const clock = new SimulatedClock(START)
  const shared = { clock, monitors: [MONITOR] }
  const sites: LayeredSite[] = []
  for (const name of SITES) sites.push(await LayeredSite.open(name, { ...shared, partitions }))
  const cloud = await LayeredCloud.open(SITES, { ...shared, partitions: cloudPartitions })
  return { clock, sites, cloud, rows: [] as Row[] }
}

/** One second of all sites; those whose link is up are heard by the cloud. */
async function second(
  { clock, sites, cloud, rows }: World,
  at: number,
  isUp: (site: string) => boolean,
): Promise<void> {
  clock.set(START + (at + 1) * 1000)
  for (const site of sites) {
    const mine = rowsAt(site.name, at)
    rows.push(...mine)
    await site.push(mine, START + (at + 1) * 1000)
    if (isUp(site.name)) await cloud.take(site)
  }
  await cloud.judge()
}

const SECONDS = 60
const always = () => true

/** Plays the evening and lets everything come to rest. */
async function play(it: World, isUp: (site: string, at: number) => boolean): Promise<void> {
  for (let at = 0; at < SECONDS; at++) await second(it, at, (site) => isUp(site, at))
  it.clock.set(START + (SECONDS + 20) * 1000)
  for (const site of it.sites) {
    await site.push([], START + (SECONDS + 20) * 1000)
    await it.cloud.take(site)
  }
  await it.cloud.judge()
}

/** A window without what depends on when it was made. */
const facts = ({ receipt: _, corrected: __, ...window }: WindowResult) => window
const factsOf = ({ windows }: LayeredCloud, scope?: string) =>
  [...windows.values()]
    .filter((window) => scope === undefined || window.scope === scope)
    .map(facts)
    .sort((a, b) => (a.id < b.id ? -1 : 1))

async function stepsIn(log: Log): Promise<readonly Step[]> {
  const steps: Step[] = []
  for (const partition of (await log.ends('transitions')).keys()) {
    for await (const batch of readToEnd(log, { topic: 'transitions', partition })) {
      for (let row = 0; row < batch.count; row++) {
        const decoded = decodeTransition(bytesOf(batch.values, row).slice())
        assert.ok(decoded.ok && decoded.record.kind !== 'notice')
        steps.push(decoded.record)
      }
    }
  }
  return steps
}

for (const [site, cloud] of [
  [2, 2],
  [2, 3],
  [3, 1],
] as const) {
  test(`[P3] [P6] sites of ${site} in a cloud of ${cloud} partitions are their rows`, async () => {
    const it = await world({ site, cloud })

    await play(it, always)

    const all = [...it.cloud.windows.values()].filter(({ scope }) => scope === 'all')
    const finals = all.map(({ group, end, rows, values, complete }) => {
      const { sum = 0, min = 0, max = 0, p95 = 0, sessions = 0 } = values
      return [
        `${group['stream']}|${end}`,
        { rows, sum, min, max, p95, sessions, complete },
      ] as const
    })
    const expected = oracleWindows(it.rows, MONITOR.window, ({ stream }) => stream)
    assertWindows(new Map(finals), expected)
    assert.deepEqual(all[0]?.sources.sites, { expected: 3, reported: 3 })
  })
}

test('[V5] [D2] a long cut from one site leaves that site’s windows as they were', async () => {
  const [cut, whole] = [await world(), await world()]

  await play(cut, (site, at) => site !== 'ams1' || at < 10 || at >= 55)
  await play(whole, always)

  for (const scope of SITES) {
    assert.deepEqual(factsOf(cut.cloud, scope), factsOf(whole.cloud, scope), scope)
  }
})

test('[V5] [D2] a long cut from every site leaves all windows as they were', async () => {
  const [cut, whole] = [await world(), await world()]

  await play(cut, (_, at) => at < 10 || at >= 55)
  await play(whole, always)

  assert.deepEqual(factsOf(cut.cloud), factsOf(whole.cloud))
})

test('[V5] a cut shorter than `absent` leaves all windows as they were', async () => {
  const [cut, whole] = [await world(), await world()]

  await play(cut, (_, at) => at < 10 || at >= 35)
  await play(whole, always)

  assert.deepEqual(factsOf(cut.cloud), factsOf(whole.cloud))
})

test('[V1] [V2] a site that brings its part within `correction` is missing no more', async () => {
  const [cut, whole] = [await world({ site: 2, cloud: 3 }), await world({ site: 2, cloud: 3 })]

  await play(cut, (site, at) => site !== 'ams1' || at < 10 || at >= 45)
  await play(whole, always)

  assert.deepEqual(factsOf(cut.cloud), factsOf(whole.cloud))
  assert.ok(factsOf(cut.cloud, 'all').every(({ complete }) => complete))
})

test('[V2] while a site is away the windows of all say that 2 of 3 sites reported', async () => {
  const it = await world()

  for (let at = 0; at < 55; at++) await second(it, at, (site) => site !== 'waw1' || at < 10)

  const newest = [...it.cloud.windows.values()]
    .filter(({ scope }) => scope === 'all')
    .reduce((a, b) => (b.end > a.end ? b : a))
  assert.deepEqual(newest.sources.sites, { expected: 3, reported: 2 })
  assert.deepEqual(newest.sources.missing, ['waw1'])
  assert.equal(newest.complete, false)
  const dark = it.cloud.steps.filter(({ alert }) => alert === 'nocturne_site_down')
  assert.deepEqual(
    dark.map(({ step, labels }) => [step, labels['site']]),
    [['firing', 'waw1']],
  )
})

test('[A77] each alert is raised once: by its site, or that of all by the cloud', async () => {
  const it = await world()

  await play(it, always)

  const admitted = await stepsIn(it.cloud.log)
  const firing = ({ step }: Step) => step === 'firing'
  assert.deepEqual(
    admitted.filter(firing).map(({ alert, labels }) => [alert, labels['site']]),
    [['SiteHigh', 'ams1']],
  )
  assert.deepEqual(
    it.cloud.steps.filter(firing).map(({ alert, labels }) => [alert, labels['stream']]),
    [['AllHigh', 'news']],
  )
})

test('[A71] [A77] after a long cut a step is there once, with when it came', async () => {
  const it = await world()

  await play(it, (site, at) => site !== 'ams1' || at < 10 || at >= 55)

  const steps = (await stepsIn(it.cloud.log)).filter(({ alert }) => alert === 'SiteHigh')
  assert.deepEqual(
    steps.map(({ step }) => step),
    ['firing', 'recovering', 'resolved'],
  )
  const [{ receipt } = { receipt: undefined }] = steps
  assert.ok(receipt !== undefined && receipt.forwarded !== undefined)
  assert.ok(receipt.fired < START + 30_000)
  assert.equal(receipt.forwarded, START + 56_000)
})

test('[R22] all of it forwarded again changes nothing', async () => {
  const it = await world()
  await play(it, always)
  const before = factsOf(it.cloud)

  for (const site of it.sites) await it.cloud.take(site, 'again')
  await it.cloud.judge()

  assert.deepEqual(factsOf(it.cloud), before)
  const ids = (await stepsIn(it.cloud.log)).map(({ id }) => id)
  assert.equal(ids.length, 2 * new Set(ids).size)
})
