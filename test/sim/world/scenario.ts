import type { Config } from '../../../src/config/config.ts'
import type { Prng } from '../../../src/std/prng.ts'
import { configOf } from '../../rig/replay-run.ts'
import { between, chance, oneOf } from '../core/seed.ts'
import { WORLD_BEGAN_AT } from '../core/process-clock.ts'
import { httpMonitor, tcpMonitor, type SimMonitor } from './monitors.ts'
import { postsOf, type Post } from './rows.ts'

/** A collector of one site, outside the process that it posts to. */
export type SenderPlan = { readonly site: string; readonly posts: readonly Post[] }

/** What is sent, by whom and when: nothing in it knows of faults. */
export type Scenario = {
  readonly config: Config
  readonly monitors: readonly SimMonitor[]
  readonly senders: readonly SenderPlan[]
  /** Lines that another program writes to a file that the process follows. */
  readonly tail: readonly Post[]
  /** Bytes that somebody appends to `readings` beside all collectors. */
  readonly foreign: readonly Post[]
  /** By then every site was heard of: before it a window may lack a site that nobody knew. */
  readonly knownMs: number
  /** From `knownMs` to here faults may happen; from here on everything has to catch up. */
  readonly troubledMs: number
  /** Every window that ends up to here is judged at the end. */
  readonly judgedMs: number
  readonly endMs: number
  /** Groups that all evaluators together may hold (D5). */
  readonly groupsMax: number
}

const HOME = 'home'
/** Six streams at four sites, by three places, in three scopes at most. */
const GROUPS_MAX = 6 * 4 * 3 * 3
const KNOWN_MS = 4_000
const TROUBLED_MS = 32_000
const CATCH_UP_MS = 36_000

/** The scenario of a seed. */
export function scenarioOf(seed: bigint): Scenario {
  const random = chance(seed, 'scenario')
  const monitors = monitorsOf(random)
  const facts = {
    monitors,
    partitions: oneOf(random, [1, 1, 2, 2, 3]),
    absentMs: oneOf(random, [6_000, 12_000, 30_000]),
    durability: 'ack',
    graceMs: oneOf(random, [500, 1_000, 3_000]),
  } as const
  const times = {
    fromMs: KNOWN_MS,
    troubledMs: TROUBLED_MS,
    endMs: TROUBLED_MS + CATCH_UP_MS,
    gapMs: oneOf(random, [500, 900, 1_500]),
  }
  const rows = (name: string, of: { readonly site?: string; readonly isNumbered: boolean }) =>
    postsOf(chance(seed, `rows of ${name}`), { ...times, ...of, name })
  const senders = Array.from({ length: between(random, 1, 3) }, (_, i) => {
    const site = `site${i + 1}`
    const posts = rows(`agent@${site}`, { site, isNumbered: true })
    return { site, posts: [hello(site), ...posts] }
  })
  return {
    config: configOf({ text: configText(facts) }),
    monitors,
    senders,
    tail: rows('tail', { isNumbered: false }),
    foreign: rows('foreign', { isNumbered: false }),
    knownMs: KNOWN_MS,
    troubledMs: TROUBLED_MS,
    judgedMs: TROUBLED_MS,
    endMs: times.endMs,
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

/** A site's first row, by which it is known before anything goes wrong. */
function hello(site: string): Post {
  const row = { ts: WORLD_BEGAN_AT, site, stream: 'hello', src: 'hello', u: `hello-${site}` }
  return { atMs: 0, lines: [JSON.stringify(row)], isNumbered: false }
}

const configText = (facts: {
  readonly absentMs: number
  readonly partitions: number
  readonly durability: 'ack' | 'interval'
  readonly graceMs: number
  readonly monitors: readonly SimMonitor[]
}): string => `
version: 1
site: ${HOME}
absent: ${facts.absentMs}ms
log: { partitions: ${facts.partitions}, durability: ${facts.durability} }
monitors:${facts.monitors.map(({ text }) => text).join('')}
notify:
  receivers:
    - { name: noc, kind: webhook, url: "http://noc.example/hook" }
    - { name: desk, kind: webhook, url: "http://desk.example/hook", send_resolved: false }
  route:
    receiver: noc
    group_by: [alertname]
    group_wait: ${facts.graceMs}ms
    group_interval: ${3 * facts.graceMs}ms
    repeat_interval: 15s
    routes:
      - { receiver: desk, matchers: ['severity = "critical"'], group_by: [stream], continue: true }
      - { receiver: noc }
`
