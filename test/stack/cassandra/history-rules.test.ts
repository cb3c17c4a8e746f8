import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startCassandra, type CassandraCluster } from '../../../scripts/stack/cassandra-cluster.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { Step } from '../../../src/model/step.ts'
import type { WindowResult } from '../../../src/model/window-result.ts'
import type { AlertsView } from '../../../src/serve/contract.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { openCassandraStore } from '../../../src/store/cassandra/cassandra-store.ts'
import { decodeTransition } from '../../../src/wire/step-codec.ts'
import { AlertReceiver } from '../../rig/alert-receiver.ts'
import { optionsOf } from '../rig/cassandra-keyspace.ts'
import { CassandraSite } from '../rig/cassandra-site.ts'
import { FactTail } from '../rig/fact-tail.ts'
import { LevelLoad } from '../rig/level-load.ts'
import { eachValue } from '../rig/log-values.ts'
import { withoutJava } from '../rig/servers.ts'
import { until } from '../rig/waiting.ts'

const skip = withoutJava()
const STREAMS = Array.from({ length: 10 }, (_, i) => `s${i}`)
const [FIRST, SECOND, THIRD] = STREAMS as [string, string, string]
const [USUAL, LESS, HIGH] = [100, 50, 1_000]
const SECONDS_BEFORE = 300
const SPIKES = 40
const ROUNDS = 3
const PARTITIONS = 4
const BASE = 'base(x, 5m)'

/** One rule that the log alone decides, and one that asks the past. */
const MONITORS = `
  - id: m
    group_by: [stream]
    window: { size: 1s, lateness: 300ms, correction: 60s }
    aggregates: { x: { sum: x } }
    rules:
      - { alert: High, when: x > 500, clear: x <= 500, severity: critical }
      - alert: Tripled
        when: x > 3 * base("x", "5m")
        clear: x < 2 * base("x", "5m")
        severity: warning
`

/** The five minutes before an instant, a window a second and stream; more rows are newer. */
function windowsTo(to: number, x: number, rows: number): readonly WindowResult[] {
  const loaded = loadConfig({ text: `version: 1\nmonitors:${MONITORS}`, env: {} })
  assert.ok(loaded.ok)
  const definition = loaded.config.monitors[0]?.definition ?? ''
  return STREAMS.flatMap((stream) =>
    Array.from({ length: SECONDS_BEFORE }, (_, i): WindowResult => {
      const end = to - i * 1_000
      return {
        ...{ v: 1, id: `all|m|["${stream}"]|${end}`, scope: 'all', monitor: 'm', definition },
        ...{ group: { stream }, start: end - 1_000, end, rev: rows * 4_096 + 3, closed: true },
        ...{ rows, values: { x }, complete: true, corrected: false },
        sources: { expected: 1, reported: 1, missing: [] },
        receipt: { event: end, read: end, pane: end, closed: end },
      }
    }),
  )
}

/** A site on one node, whose past is written beforehand. */
async function siteWithPast(t: TestContext) {
  const cluster = await startCassandra({ nodes: 1 })
  t.after(() => cluster.close())
  const receiver = await AlertReceiver.open(t)
  const { contactPoints } = cluster
  const plan = { contactPoints, replication: 1, webhook: receiver.url, monitors: MONITORS }
  const site = await CassandraSite.open(t, plan)
  const startAt = Math.ceil(Date.now() / 1_000) * 1_000
  await written(cluster, windowsTo(startAt, USUAL, 1))
  await site.process.ready()
  const load = new LevelLoad(STREAMS, USUAL, startAt)
  return new Evening({ cluster, site, load, url: await site.process.url })
}

/** Writes into the store beside the site. */
async function written(cluster: CassandraCluster, windows: readonly WindowResult[]): Promise<void> {
  const store = openCassandraStore(optionsOf(cluster, 'nocturne'), { clock: systemClock })
  await store.upsert({ windows })
  await store.close()
}

type Parts = {
  readonly cluster: CassandraCluster
  readonly site: CassandraSite
  readonly load: LevelLoad
  readonly url: string
}

/** What happens to the site, and what it says meanwhile. */
class Evening {
  readonly parts: Parts
  readonly #facts: FactTail

  constructor(parts: Parts) {
    this.parts = parts
    this.#facts = new FactTail(parts.url, PARTITIONS)
  }

  /** Which streams have an alert of this name. */
  async open(alert: string): Promise<readonly string[]> {
    const answer = await fetch(`${this.parts.url}/api/alerts`)
    assert.equal(answer.status, 200)
    const { alerts } = (await answer.json()) as AlertsView
    return alerts.flatMap((open) => (open.alert === alert ? [open.stream] : [])).sort()
  }

  opens(alert: string, stream: string): Promise<void> {
    return until(async () => (await this.open(alert)).includes(stream))
  }

  closes(alert: string, stream: string): Promise<void> {
    return until(async () => !(await this.open(alert)).includes(stream))
  }

  /** Looks until this was the last thing said of every stream. */
  said(base: number | null): Promise<void> {
    return until(async () => {
      await this.#facts.look()
      const newest = this.#facts.newest(BASE)
      return STREAMS.every((stream) => newest.get(stream) === base)
    })
  }

  /** Seconds with three times as much, of one stream after the other but the first. */
  async spikes(): Promise<void> {
    const { load } = this.parts
    for (let i = 0; i < SPIKES; i++) {
      const stream = STREAMS[1 + (i % (STREAMS.length - 1))]!
      const to = load.now + 1_000
      load.set(stream, HIGH)
      await until(() => load.now >= to)
      load.set(stream, USUAL)
    }
    await until(async () => (await this.open('Tripled')).length === 0)
  }

  /** Writes another past; answers how long after that it was said of each stream, ms. */
  async anotherPast(base: number): Promise<readonly number[]> {
    const { cluster, load } = this.parts
    const before = this.#facts.facts.length
    const changedAt = Date.now()
    await written(cluster, windowsTo(load.now - (load.now % 1_000), base, 1_000))
    await this.said(base)
    const turns = this.#facts.facts.slice(before).filter(({ fact }) => fact.facts[BASE] === base)
    const firstAt = new Map(turns.toReversed().map(({ fact, at }) => [fact.group[0], at]))
    return Array.from(firstAt.values(), (at) => at - changedAt)
  }

  /** What the log alone decides goes on; the rule that asks the past does nothing. */
  async whileAway(): Promise<void> {
    const { load } = this.parts
    load.set(FIRST, USUAL)
    await this.closes('High', FIRST)
    for (let round = 0; round < ROUNDS; round++) {
      load.set(SECOND, HIGH)
      await this.opens('High', SECOND)
      load.set(SECOND, USUAL)
      await this.closes('High', SECOND)
      assert.deepEqual(await this.open('Tripled'), [FIRST])
    }
  }
}

/** Steps by the rule, each once. */
async function stepsOf(site: CassandraSite): Promise<readonly Step[]> {
  const steps = new Map<string, Step>()
  await eachValue(await site.log(), 'transitions', ({ value }) => {
    const decoded = decodeTransition(value)
    if (!decoded.ok || decoded.record.kind === 'notice') return
    steps.set(decoded.record.id, decoded.record)
  })
  return [...steps.values()]
}

function told(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)]
  return `${at(0.5)} ms (p50), ${at(0.9)} ms (p90), at most ${at(1)} ms (${sorted.length})`
}

type Span = { readonly from: number; readonly to: number }

const isIn = ({ receipt: { fired } }: Step, { from, to }: Span): boolean =>
  fired >= from && fired < to

function assertStory(steps: readonly Step[], away: Span): void {
  const whileAway = steps.filter((step) => isIn(step, away))
  const asking = whileAway.filter(({ alert }) => alert === 'Tripled')
  assert.deepEqual(asking, [])
  const ofSecond = whileAway.filter(({ labels }) => labels['stream'] === SECOND)
  assert.equal(ofSecond.filter(({ step }) => step === 'firing').length, ROUNDS)
  assert.equal(ofSecond.filter(({ step }) => step === 'resolved').length, ROUNDS)
  const cleared = steps.find(
    ({ alert, labels, step, receipt: { fired } }) =>
      alert === 'Tripled' && labels['stream'] === FIRST && step === 'resolved' && fired >= away.to,
  )
  assert.equal(cleared?.value[BASE], USUAL, 'the base is the one that it fired by')
}

/** Of the firings of a rule: how long after its newest row was appended each was there. */
const delaysOf = (steps: readonly Step[], alert: string): readonly number[] =>
  steps.flatMap(({ alert: of, step, receipt: { fired, appended } }) =>
    of === alert && step === 'firing' && appended !== null ? [fired - appended] : [],
  )

test(
  '[H5] [H6] while the node is away a rule that asks the past neither opens nor clears',
  { skip },
  async (t) => {
    const evening = await siteWithPast(t)
    const { cluster, site, load, url } = evening.parts
    const stop = new AbortController()
    t.after(() => stop.abort())
    const sending = load.run(url, stop.signal)
    await evening.said(USUAL)
    const spikes = { from: load.now, to: Infinity }
    await evening.spikes()
    spikes.to = load.now
    load.set(FIRST, HIGH)
    await evening.opens('Tripled', FIRST)
    const turns = await evening.anotherPast(LESS)

    await cluster.kill('c1')
    await evening.said(null)
    await site.process.until((_, text) => /STORE_(UNAVAILABLE|TIMEOUT)/.test(text))
    const away = { from: Date.now(), to: Infinity }
    await evening.whileAway()
    away.to = Date.now()

    await cluster.start('c1')
    const backAt = Date.now()
    await evening.closes('Tripled', FIRST)
    t.diagnostic(`it cleared ${Date.now() - backAt} ms after the node was back`)
    load.set(THIRD, HIGH)
    await evening.opens('Tripled', THIRD)
    stop.abort()
    await sending
    await site.process.stop()

    const steps = await stepsOf(site)
    assertStory(steps, away)
    const ofSpikes = steps.filter((step) => isIn(step, spikes))
    for (const alert of ['High', 'Tripled']) {
      const delays = delaysOf(ofSpikes, alert)
      assert.equal(delays.length, SPIKES)
      t.diagnostic(`${alert} fires ${told(delays)} after its newest row`)
    }
    t.diagnostic(`another past is said ${told(turns)} after it was written`)
  },
)
