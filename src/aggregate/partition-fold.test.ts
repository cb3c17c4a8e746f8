import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { monitor, rule } from '../../test/rig/monitor.ts'
import { PaneOracle, type OracleRow } from '../../test/rig/pane-oracle.ts'
import { rowColumns } from '../../test/rig/row-columns.ts'
import type { Expression } from '../model/expression.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import type { Pane } from '../model/pane.ts'
import { prng, type Prng } from '../std/prng.ts'
import { utf8Text } from '../std/bytes.ts'
import { decodePanesRecord, paneKey } from '../wire/pane-codec.ts'
import { PartitionFold } from './partition-fold.ts'
import { fieldBatchOf } from './wanted-fields.ts'

const START = 1_795_383_150_000
/** So few that groups must be numbered anew all the time. */
const STRINGS_FEW = 700
const HOUR_MS = 3_600_000
const SKEW_MS = 5000

const field = (name: string): Expression => ({ op: 'name', name })
const text = (value: string): Expression => ({ op: 'text', value })
const number = (value: number): Expression => ({ op: 'number', value })
const isTcp: Expression = { op: '==', left: field('src'), right: text('tcp') }
const isLarge: Expression = { op: '>', left: field('x'), right: number(40) }
const isSmall: Expression = { op: '<=', left: field('x'), right: number(60) }
const isNotBad: Expression = { op: '>=', left: field('y'), right: number(0) }

const WHERES: readonly (Expression | undefined)[] = [
  undefined,
  isTcp,
  { op: '&&', left: isTcp, right: isLarge },
  { op: '&&', left: { op: '&&', left: isTcp, right: isLarge }, right: isSmall },
  { op: '||', left: isTcp, right: { op: '<', left: number(50), right: field('x') } },
  { op: '||', left: { op: '&&', left: isTcp, right: isLarge }, right: isNotBad },
  { op: '!', operand: { op: '||', left: isTcp, right: isLarge } },
  { op: 'in', left: field('pop'), list: [text('p1'), text('p2')] },
  { op: '!=', left: field('pop'), right: text('p1') },
  { op: '!=', left: field('y'), right: { op: 'negate', operand: number(1) } },
  { op: '==', left: field('y'), right: number(2) },
  { op: '<', left: field('y'), right: number(1) },
  { op: 'bool', value: false },
]
const GROUPS = [[], ['stream'], ['pop'], ['stream', 'pop'], ['pop', 'stream', 'src']]
const WINDOWS = [
  { sizeMs: 10_000, hopMs: 1000, latenessMs: 2000, emitMs: 200, correctionMs: 60_000 },
  { sizeMs: 3000, hopMs: 3000, latenessMs: 0, emitMs: 0, correctionMs: 5000 },
  { sizeMs: 2000, hopMs: 500, latenessMs: 1000, emitMs: 1000, correctionMs: 0 },
  { sizeMs: 60_000, hopMs: 20_000, latenessMs: 5000, emitMs: 200, correctionMs: 60_000 },
]

const pick = <T>(random: Prng, from: readonly T[]): T => from[random.below(from.length)]!

/** A monitor with aggregates of every kind, some of which take only some of its rows. */
function anyMonitor(random: Prng, i: number): MonitorSpec {
  const { aggregates } = monitor()
  const where = pick(random, WHERES)
  const isEarly = random.below(2) === 0
  return monitor({
    id: `m${i}`,
    definition: `00000000000000${(i + 16).toString(16)}`,
    groupBy: pick(random, GROUPS),
    window: pick(random, WINDOWS),
    ...(where === undefined ? {} : { where }),
    aggregates: aggregates.flatMap((spec) => {
      const own = random.below(3) === 0 ? pick(random, WHERES) : undefined
      const one = own === undefined ? spec : { ...spec, where: own }
      return random.below(4) === 0 ? [] : [one, { ...one, name: `${one.name}2` }]
    }),
    rules: isEarly ? [rule({ alert: 'A', early: true })] : [],
  })
}

/** Rows of many shapes in order of arrival; event time leaps by hours now and then. */
function anyRows(random: Prng, length: number): readonly OracleRow[] {
  let at = START
  const maybe = <T>(share: number, fields: () => T) => (random.next() < share ? fields() : {})
  return Array.from({ length }, (_, i) => {
    at += random.below(100)
    if (random.next() < 0.005) at += random.below(3 * HOUR_MS)
    const late = random.next() < 0.1 ? random.below(pick(random, [3000, 12_000, 80_000])) : 0
    const early = random.next() < 0.01 ? random.below(20_000) : 0
    return {
      ts: at - late + early,
      stream: `s${random.below(6)}`,
      ...maybe(0.8, () => ({ session: pick(random, [`v${random.below(50)}`, 'é', '']) })),
      ...maybe(0.5, () => ({ conn: `c${random.below(20)}` })),
      ...maybe(0.5, () => ({ client: `a${random.below(9)}` })),
      ...maybe(0.9, () => ({ x: random.below(100_000) / 1000 })),
      ...maybe(0.5, () => ({ y: random.below(5) - 2 })),
      ...maybe(0.8, () => ({ pop: `p${random.below(4)}` })),
      ...maybe(0.8, () => ({ src: pick(random, ['tcp', 'player', 'beat']) })),
      ...maybe(0.3, () => ({ site: `site${random.below(3)}` })),
      ...maybe(0.3, () => ({ p: pick(random, [1, 0.5, 0.1, 0.3, 0.1]) })),
      ...maybe(0.1, () => ({ sampled: 'request' })),
      ...maybe(0.05, () => ({ spread: 2 })),
      ...maybe(0.2, () => ({
        collector: `c${random.below(2)}`,
        n: Math.max(0, i - random.below(3)),
      })),
    }
  })
}

const specOf = (monitors: readonly MonitorSpec[]) => ({
  site: 'here',
  monitors,
  partitions: 1,
  panesPartitions: 2,
  skewMs: SKEW_MS,
  early: true,
})

/** The panes among records, their bytes copied. */
function panesOf(records: Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>) {
  return Array.from(records).flatMap(({ key, value }): readonly Pane[] => {
    const read = decodePanesRecord({ key: key.slice(), value: value.slice() })
    return read.kind === 'pane' ? [read.pane] : []
  })
}

const idOf = ({ monitor: name, site, group, start }: Pane) =>
  JSON.stringify([name, site, group, start])

const sorted = (panes: readonly Pane[]) =>
  panes.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : a.rev - b.rev))

/** When a row was appended: with its event time, but for those that claim to come from ahead. */
const appendedAtOf = (rows: readonly OracleRow[], base: number) =>
  Math.max(...rows.slice(0, base + 1).map(({ ts }) => ts)) - (base % 7) * 1000

/**
 * When panes of open slices leave: none waits for longer than `emit`, and of three times that one
 * leaves the last is an `emit` after the first (two are nearer where rows come after a pause).
 */
class Turns {
  readonly #emitMs: ReadonlyMap<string, number>
  readonly #shownAt = new Map<string, readonly number[]>()
  #waitingSince = new Map<string, number>()

  constructor(monitors: readonly MonitorSpec[]) {
    this.#emitMs = new Map(monitors.map(({ id, window }) => [id, window.emitMs]))
  }

  check(now: number, panes: readonly Pane[], waiting: readonly string[]): void {
    for (const pane of panes.filter(({ closed }) => !closed)) {
      const id = idOf(pane)
      const [before = -Infinity, last = -Infinity] = this.#shownAt.get(id) ?? []
      // By an eighth sooner: a turn is taken with the first batch that comes in its time.
      const emitMs = (this.#emitMs.get(pane.monitor)! * 7) / 8
      assert.ok(now - before >= emitMs, `${id} leaves at ${before}, ${last} and ${now}`)
      this.#shownAt.set(id, [last, now])
    }
    const since = this.#waitingSince
    this.#waitingSince = new Map(waiting.map((id) => [id, since.get(id) ?? now]))
    for (const [id, at] of this.#waitingSince) {
      const [name] = JSON.parse(id) as [string]
      assert.ok(now - at < this.#emitMs.get(name)!, `${id} waits from ${at} to ${now}`)
    }
  }
}

const cuts = fc.record({
  seed: fc.integer(),
  batches: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 40, maxLength: 40 }),
  stringsMax: fc.constantFrom(STRINGS_FEW, 1_000_000),
  bytesMax: fc.constantFrom(200, 5000, Infinity),
})

test('[P1] [P2] [P5] [W5] [W6] [W7] [W8] [W9] panes are those of a fold row by row', () => {
  fc.assert(
    fc.property(cuts, ({ seed, batches, stringsMax, bytesMax }) => {
      const random = prng(seed)
      const monitors = Array.from({ length: 1 + random.below(7) }, (_, i) => anyMonitor(random, i))
      const rows = anyRows(random, 500)
      const spec = specOf(monitors)
      const fold = new PartitionFold(spec, 0, fieldBatchOf(monitors, stringsMax))
      const oracle = new PaneOracle(spec)
      const turns = new Turns(monitors)
      const lost: string[] = []
      let base = 0
      for (const length of batches) {
        const batch = rows.slice(base, base + length)
        if (batch.length === 0) break
        const appendedAt = appendedAtOf(rows, base)
        const readAt = START + base * 11

        const refusals = fold.fold(rowColumns(batch, { base, appendedAt }), readAt)
        const panes: Pane[] = []
        for (const portion of fold.portions(readAt, bytesMax)) panes.push(...panesOf(portion))
        for (const row of batch) oracle.row(row, { appendedAt, readAt })

        const shown = new Set(panes.map(idOf))
        assert.deepEqual(sorted(panes), sorted(oracle.due((id) => shown.has(id))))
        // Groups that are numbered anew change their turns.
        if (stringsMax > STRINGS_FEW) turns.check(readAt, panes, oracle.waiting)
        for (const refusal of refusals) {
          assert.ok(refusal.kind === 'late')
          lost.push(...refusal.monitors.map((name) => `${name}|${refusal.ts}`))
        }
        base += length
      }
      assert.deepEqual(lost.sort(), oracle.lost.toSorted())
    }),
    { numRuns: 60 },
  )
})

test('[D3] [D7] wherever a fold is killed, its panes become those of an unbroken one', () => {
  fc.assert(
    fc.property(cuts, ({ seed, batches, stringsMax }) => {
      const random = prng(seed)
      const monitors = Array.from({ length: 1 + random.below(4) }, (_, i) => anyMonitor(random, i))
      // What is repeated must be known as such, or it would count twice in the unbroken run too.
      const rows = anyRows(random, 500).map((row, n) => ({ ...row, collector: 'c', n }))
      const spec = specOf(monitors)
      const oracle = new PaneOracle(spec)
      const facts = { appendedAt: START + 9 * HOUR_MS * 24, readAt: START }
      const expected = new Map<string, Pane>()
      for (const row of rows) {
        oracle.row(row, facts)
        for (const pane of oracle.due()) expected.set(idOf(pane), pane)
      }

      const newest = new Map<string, Pane>()
      let fold = new PartitionFold(spec, 0, fieldBatchOf(monitors, stringsMax))
      let base = 0
      let kills = 0
      let committed = { offset: 0, note: '', told: 0 }
      for (let turn = 0; base < rows.length; turn++) {
        const batch = rows.slice(base, base + batches[turn % batches.length]!)
        fold.fold(rowColumns(batch, { ...facts, base }), facts.readAt)
        base += batch.length
        const isTold = base <= committed.told
        if (isTold) fold.settle()
        for (const pane of isTold ? [] : panesOf(fold.emit(START + base))) {
          const held = newest.get(idOf(pane))
          const isNewer = held === undefined || pane.rev > held.rev
          if (isNewer || (pane.rev === held.rev && pane.closed)) newest.set(idOf(pane), pane)
        }
        const told = Math.max(committed.told, base)
        if (random.below(2) > 0) committed = { ...fold.resumeAt(base), told }
        if (random.below(6) > 0 || kills++ > 5) continue
        fold = new PartitionFold(spec, 0, fieldBatchOf(monitors, stringsMax))
        fold.restore(committed.note)
        base = committed.offset
      }

      // When open panes are shown is a matter of wall time; how they close is not.
      const closed = (panes: ReadonlyMap<string, Pane>) =>
        sorted([...panes.values()].filter((pane) => pane.closed))
      assert.deepEqual(closed(newest), closed(expected))
    }),
    { numRuns: 60 },
  )
})

const SHORT = { sizeMs: 1000, hopMs: 1000, latenessMs: 0, emitMs: 0, correctionMs: 5000 }

/** Folds batches of rows, and checks after each that the panes that leave are the oracle's. */
function foldLikeOracle(monitors: readonly MonitorSpec[], batches: readonly OracleRow[][]): void {
  const spec = specOf(monitors)
  const fold = new PartitionFold(spec, 0)
  const oracle = new PaneOracle(spec)
  const facts = { appendedAt: START + HOUR_MS, readAt: START }
  let base = 0
  for (const batch of batches) {
    fold.fold(rowColumns(batch, { ...facts, base }), facts.readAt)
    for (const row of batch) oracle.row(row, facts)
    base += batch.length

    assert.deepEqual(sorted(panesOf(fold.emit(base))), sorted(oracle.due()))
  }
}

test('[P1] what is left of a burst moves into less room and goes on as it was', () => {
  const burst = Array.from({ length: 3000 }, (_, i) => ({
    ts: START,
    stream: `s${i}`,
    session: 'v',
    x: i,
  }))
  // More sessions than a run of coupons holds, two weights, and many buckets.
  const large = Array.from({ length: 700 }, (_, i) => ({
    ts: START + 2000 + i,
    stream: i % 7 === 0 ? 'other' : 'large',
    session: `v${i}`,
    x: i * i,
    ...(i % 5 === 0 ? { p: 0.5 } : {}),
  }))
  const row = { stream: 'large', session: 'late', x: 7 }

  foldLikeOracle(
    [monitor({ window: SHORT })],
    [
      burst,
      large,
      [{ ...row, ts: START + 6500 }],
      [{ ...row, ts: START + 2500 }],
      [
        { ...row, ts: START + 2600, session: 'v3' },
        { ...row, ts: START + 6600, stream: 's1' },
      ],
    ],
  )
})

test('[D5] groups that no slice holds are forgotten, and numbered anew when they come back', () => {
  const streams = (from: number, at: number) =>
    Array.from({ length: 40_000 }, (_, i) => ({ ts: START + at, stream: `s${from + i}`, x: 1 }))
  const { aggregates } = monitor()

  foldLikeOracle(
    [monitor({ window: SHORT, aggregates: aggregates.slice(0, 2) })],
    [
      streams(0, 0),
      streams(40_000, 10_000),
      streams(70_000, 20_000),
      [{ ts: START + 20_001, stream: 's80000', x: 1 }],
      [{ ts: START + 30_000, stream: 's3', x: 1 }],
    ],
  )
})

test('[P1] a pane’s key is the JSON of its group whatever the group is called', () => {
  const names = ['plain', 'a"b', 'a\\b', 'é 東京 🎬', '\u2028', 'null']
  const fold = new PartitionFold(specOf([monitor({ groupBy: ['stream', 'pop'] })]), 0)
  const rows = names.map((stream) => ({ ts: START, stream, pop: stream, x: 1 }))
  fold.fold(rowColumns([...rows, { ts: START, stream: 's' }], { base: 0, appendedAt: START }), 0)
  fold.fold(
    rowColumns([{ ts: START + 60_000, stream: '-', src: 'beat' }], {
      base: 9,
      appendedAt: START + 60_000,
    }),
    0,
  )

  const keys = [...fold.emit(0)].map(({ key }) => utf8Text(key)).filter((key) => key[0] === 'm')

  const groups = [...names.map((name) => [name, name]), ['s', null]]
  assert.deepEqual(keys.sort(), groups.map((group) => utf8Text(paneKey('m', group))).sort())
})
