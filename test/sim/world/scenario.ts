import type { Config } from '../../../src/config/config.ts'
import type { MonitorSpec } from '../../../src/model/monitor.ts'
import type { Prng } from '../../../src/std/prng.ts'
import { configOf } from '../../rig/replay-run.ts'
import { between, chance, oneOf } from '../core/seed.ts'
import { WORLD_BEGAN_AT } from '../core/process-clock.ts'
import { httpMonitor, tcpMonitor, type SimMonitor } from './monitors.ts'
import { postsOf, type Post, type Writer } from './rows.ts'

/** A collector of one site, outside the process that it posts to. */
export type SenderPlan = { readonly site: string; readonly posts: readonly Post[] }

/** What is sent, by whom and when: nothing in it knows of faults. */
export type Scenario = {
  readonly config: Config
  readonly monitors: readonly SimMonitor[]
  /** The configuration's, with thresholds so many times as high; compiled once for each scale. */
  readonly monitorsAt: (scale: number) => readonly MonitorSpec[]
  readonly senders: readonly SenderPlan[]
  /** Lines that another program writes to a file that the process follows. */
  readonly tail: readonly Post[]
  /** Bytes that somebody appends to `readings` beside all collectors. */
  readonly foreign: readonly Post[]
  /** By then sites were heard of, but perhaps for the last one. */
  readonly knownMs: number
  /** From `knownMs` to here faults may happen; from here on everything has to catch up. */
  readonly troubledMs: number
  /** Every window that ends up to here is judged at the end. */
  readonly judgedMs: number
  readonly endMs: number
  /** Whatever was in the log so long before the end was worked off by then. */
  readonly lagMs: number
  /** Groups that all evaluators together may hold (D5). */
  readonly groupsMax: number
}

const HOME = 'home'
/** Five streams at four sites, by two places, in three scopes at most. */
const GROUPS_MAX = 5 * 4 * 2 * 3

/** What a scenario is made of. */
type Layout = {
  readonly monitors: readonly SimMonitor[]
  readonly partitions: number
  readonly absentMs: number
  readonly durability: 'ack' | 'interval'
  /** How long a group of notices gathers. */
  readonly graceMs: number
  readonly siteCount: number
  /** When the last site is first heard of; the others are from the beginning. */
  readonly lastJoinsMs: number
  /** Longest time between two posts. */
  readonly gapMs: number
  readonly knownMs: number
  readonly troubledMs: number
  readonly catchUpMs: number
  readonly lagMs: number
}

/** The scenario of a seed: a minute of some sites. */
export function scenarioOf(seed: bigint): Scenario {
  const random = chance(seed, 'scenario')
  return scenarioFrom(seed, {
    monitors: monitorsOf(random),
    partitions: oneOf(random, [1, 1, 2, 2, 3]),
    absentMs: oneOf(random, [6_000, 12_000, 25_000]),
    durability: oneOf(random, ['ack', 'ack', 'ack', 'ack', 'ack', 'ack', 'ack', 'interval']),
    graceMs: oneOf(random, [500, 1_000, 3_000]),
    siteCount: between(random, 1, 3),
    lastJoinsMs: random.next() < 0.8 ? 0 : between(random, 4_000, 20_000),
    gapMs: oneOf(random, [500, 900, 1_500]),
    knownMs: 4_000,
    troubledMs: 30_000,
    catchUpMs: 30_000,
    lagMs: 15_000,
  })
}

/**
 * A few seconds of one site: small enough to be lived through hundreds of times. No row is beyond
 * correction, unless that is given, and none is sent twice without a number, so its windows depend
 * on the rows alone.
 */
export function smallScenario(seed: bigint, correctionMs = 60_000): Scenario {
  const times = { hopMs: 1_000, sizeMs: 2_000, latenessMs: 500, correctionMs, emitMs: 200 }
  const scenario = scenarioFrom(seed, {
    monitors: [tcpMonitor(times)],
    partitions: 1,
    absentMs: 25_000,
    durability: 'ack',
    graceMs: 300,
    siteCount: 1,
    lastJoinsMs: 0,
    gapMs: 500,
    knownMs: 2_000,
    troubledMs: 4_000,
    catchUpMs: 7_000,
    lagMs: 3_500,
  })
  return { ...scenario, foreign: [] }
}

function scenarioFrom(seed: bigint, layout: Layout): Scenario {
  const { monitors, gapMs, knownMs, troubledMs, lagMs } = layout
  const endMs = troubledMs + layout.catchUpMs
  const times = { fromMs: knownMs, troubledMs, endMs, gapMs }
  const rows = (name: string, of: Pick<Writer, 'site' | 'isNumbered'> & Partial<Writer>) =>
    postsOf(chance(seed, `rows of ${name}`), { ...times, ...of, name })
  const senders = Array.from({ length: layout.siteCount }, (_, i) => {
    const site = `site${i + 1}`
    const name = `agent@${site}`
    const joinsMs = i === layout.siteCount - 1 ? layout.lastJoinsMs : 0
    const posts = rows(name, { site, isNumbered: true, fromMs: Math.max(joinsMs, knownMs) })
    return { site, posts: [hello(site, joinsMs), ...posts] }
  })
  const text = configText(layout)
  const config = configOf({ text })
  const scaled = new Map([[1, config.monitors]])
  return {
    config,
    monitors,
    monitorsAt(scale) {
      const specs = scaled.get(scale) ?? configOf({ text: withThresholds(text, scale) }).monitors
      scaled.set(scale, specs)
      return specs
    },
    senders,
    tail: rows('tail', { isNumbered: false }),
    foreign: rows('foreign', { isNumbered: false }),
    knownMs,
    troubledMs,
    judgedMs: troubledMs,
    endMs,
    lagMs,
    groupsMax: GROUPS_MAX,
  }
}

const monitorsOf = (random: Prng): readonly SimMonitor[] => [
  tcpMonitor({
    hopMs: 1_000,
    sizeMs: 1_000 * between(random, 1, 5),
    latenessMs: oneOf(random, [0, 500, 1_000, 2_000]),
    correctionMs: oneOf(random, [0, 4_000, 10_000, 20_000]),
    emitMs: oneOf(random, [0, 200, 700]),
  }),
  httpMonitor({
    hopMs: 2_000,
    sizeMs: 2_000 * between(random, 1, 3),
    latenessMs: oneOf(random, [0, 1_000]),
    correctionMs: oneOf(random, [2_000, 10_000]),
    emitMs: 200,
  }),
]

const withThresholds = (text: string, scale: number): string =>
  text.replaceAll(
    /((?:when|clear): \w+ [<>] )([0-9.]+)/g,
    (_, before: string, value: string) => before + String(Number(value) * scale),
  )

/** A site's first row, by which it is known, mostly before anything goes wrong. */
function hello(site: string, atMs: number): Post {
  const ts = WORLD_BEGAN_AT + atMs
  const row = { ts, site, stream: 'hello', src: 'hello', u: `hello-${site}` }
  return { atMs, lines: [JSON.stringify(row)], isNumbered: false }
}

const configText = (facts: Layout): string => `
version: 1
site: ${HOME}
absent: ${facts.absentMs}ms
log: { partitions: ${facts.partitions}, durability: ${facts.durability} }
monitors:${facts.monitors.map(({ text }) => text).join('')}
notify:
  receivers:
    - { name: noc, kind: webhook, url: "http://noc.example/hook" }
    - { name: desk, kind: webhook, url: "http://desk.example/hook", send_resolved: false }
    - name: am
      kind: alertmanager
      urls: ["http://am1.example", "http://am2.example"]
      resend: 3s
  route:
    receiver: noc
    group_by: [alertname]
    group_wait: ${facts.graceMs}ms
    group_interval: ${3 * facts.graceMs}ms
    repeat_interval: 15s
    routes:
      - { receiver: am, matchers: ['alertname = "RetransHigh"'], continue: true }
      - { receiver: desk, matchers: ['severity = "critical"'], group_by: [stream], continue: true }
      - { receiver: noc }
`
