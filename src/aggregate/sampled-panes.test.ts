import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { monitor } from '../../test/rig/monitor.ts'
import { rowColumns } from '../../test/rig/row-columns.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import type { Pane, PaneState } from '../model/pane.ts'
import { aggregateState } from '../sketch/aggregate-state.ts'
import { clusterOfName, clusterOfRow } from '../sketch/cluster.ts'
import { compileErrorBars } from '../sketch/error-bars.ts'
import { ByteWriter, utf8 } from '../std/bytes.ts'
import { prng } from '../std/prng.ts'
import { decodePanesRecord } from '../wire/pane-codec.ts'
import { PartitionFold } from './partition-fold.ts'

const START = 1_795_383_150_000
const SPEC = { site: 'here', partitions: 1, panesPartitions: 1, skewMs: 5000, early: false }
const WINDOW = { sizeMs: 1000, hopMs: 1000, latenessMs: 0, emitMs: 0, correctionMs: 60_000 }

/** Rows, bytes, and the bytes of those that were late: totals that take different rows. */
const totals = monitor({
  window: WINDOW,
  aggregates: [
    { name: 'rows', kind: 'count', digits: 0 },
    { name: 'bytes', kind: 'sum', field: 'bytes', digits: 0 },
    { name: 'kb', kind: 'sum', field: 'kb', digits: 3 },
    {
      name: 'tcp',
      kind: 'count',
      digits: 0,
      where: {
        op: '==',
        left: { op: 'name', name: 'src' },
        right: { op: 'text', value: 'tcp' },
      },
    },
    { name: 'top', kind: 'max', field: 'bytes', digits: 0 },
  ],
})

type Row = { readonly ts: number; readonly stream: string } & Readonly<
  Record<string, string | number>
>

const beat = (ts: number): Row => ({ ts, stream: '-', src: 'beat' })

/** The closed panes of rows that were folded in batches that end at these places. */
function panesOf(
  rows: readonly (Row | string)[],
  given: { readonly monitor?: MonitorSpec; readonly cuts?: readonly number[] } = {},
): readonly Pane[] {
  const fold = new PartitionFold({ ...SPEC, monitors: [given.monitor ?? totals] }, 0)
  const panes = new Map<string, Pane>()
  const all = [...rows, beat(START + 30_000)]
  const ends = [...new Set([...(given.cuts ?? []), all.length])].sort((a, b) => a - b)
  let base = 0
  for (const end of ends) {
    const facts = { base, appendedAt: START + 30_000 }
    fold.fold(rowColumns(all.slice(base, end), facts), START)
    base = end
    for (const { key, value } of fold.emit(START)) {
      const read = decodePanesRecord({ key: key.slice(), value: value.slice() })
      if (read.kind !== 'pane') continue
      panes.set(JSON.stringify([read.pane.group, read.pane.start]), read.pane)
    }
  }
  return [...panes.values()]
}

const statesOf = (rows: readonly (Row | string)[]): readonly PaneState[] => {
  const panes = panesOf(rows)
  assert.equal(panes.length, 1)
  return panes[0]!.states
}

const errorIn = (state: PaneState | undefined, slot = 0) => {
  const decoded = aggregateState.decode(totals.aggregates[slot]!, state!, { sampled: true })
  return decoded !== undefined && 'error' in decoded ? decoded.error : undefined
}

const hexOf = ({ payload }: PaneState): string => payload.toHex()

test('[S2] a pane without a row of a sample is of version 1, whatever its neighbours are', () => {
  const row = { ts: START, session: 'v1', bytes: 700, kb: 1.5, src: 'tcp' }

  const panes = panesOf([
    { ...row, stream: 'whole', p: 1 },
    { ...row, stream: 'sampled', p: 0.1 },
    { ...row, stream: 'whole' },
  ])

  const [whole, sampled] = ['whole', 'sampled'].map((name) =>
    panes.find((p) => p.group[0] === name)!,
  )
  assert.equal(whole?.sampled, false)
  assert.deepEqual(
    whole.states.map(({ version }) => version),
    [1, 1, 1, 1, 1],
  )
  assert.deepEqual(whole.states.slice(0, 4).map(hexOf), ['04', '00f015', '03f02e', '04'])
  assert.equal(sampled?.sampled, true)
  assert.deepEqual(
    sampled.states.map(({ version }) => version),
    [2, 2, 2, 2, 1],
  )
})

test('[S2] a total of a sampled pane that took no row of the sample says that it is exact', () => {
  const row = { ts: START, stream: 's', session: 'v1' }

  const [rows, bytes, , tcp] = statesOf([
    { ...row, bytes: 5 },
    { ...row, p: 0.5 },
  ])

  assert.notDeepEqual(errorIn(rows), [])
  assert.equal(hexOf(bytes!), '000a' + '0000000000000000')
  assert.equal(hexOf(tcp!), '00' + '0000000000000000')
})

const cluster = (name: string): number => clusterOfName(utf8(name))

const CLUSTERS = [
  { row: { session: 'v1', conn: 'c1', client: 'a1' }, is: 'session', cluster: cluster('v1') },
  { row: { conn: 'c1', client: 'a1' }, is: 'conn', cluster: cluster('c1') },
  { row: { session: '', client: 'a1' }, is: 'client', cluster: cluster('a1') },
  { row: {}, is: 'ts', cluster: clusterOfRow(START) },
  {
    row: { sampled: 'request' },
    is: 'ts where it was sampled alone',
    cluster: clusterOfRow(START),
  },
  {
    row: { session: 'v1', sampled: 'request' },
    is: 'session and ts where it was sampled alone',
    cluster: clusterOfRow(START, cluster('v1')),
  },
  { row: { session: 'né"\\ 東京' }, is: 'session, escapes read', cluster: cluster('né"\\ 東京') },
]

for (const { row, is, cluster: expected } of CLUSTERS) {
  test(`[Z18] the cluster of a row ${JSON.stringify(row)} is that of its ${is}`, () => {
    const sign = (expected & 64) === 0 ? 1 : -1

    const [rows] = statesOf([{ ts: START, stream: 's', p: 0.5, ...row }])

    assert.deepEqual(errorIn(rows), [expected & 63, sign * 141])
  })
}

test('[Z18] a cluster is read of a row whose bytes show its name only when they are parsed', () => {
  const escaped = `{"ts":${START},"stream":"s","p":0.5,"session":"\\u0076\\u0031"}`

  const [rows] = statesOf([escaped])

  assert.deepEqual(errorIn(rows)?.[0], cluster('v1') & 63)
})

/** Names whose clusters fall into different buckets. */
const apart = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'].filter(
  (name, i, all) => all.findIndex((each) => (cluster(each) & 63) === (cluster(name) & 63)) === i,
)

test('[S5] of sessions in buckets of their own the variance is Σ w (w − 1) X² exactly', () => {
  const rng = prng(11)
  const rows = Array.from({ length: 60 }, (_, i) => {
    const session = apart[i % apart.length]!
    const at = START + rng.below(1000)
    return { ts: at, stream: 's', session, p: 0.1, bytes: rng.below(10_000) }
  })
  const expected = Map.groupBy(rows, ({ session }) => session)
    .values()
    .reduce((sum, own) => sum + 90 * own.reduce((x, { bytes }) => x + bytes, 0) ** 2, 0)

  const states = statesOf(rows).map((state, i) =>
    aggregateState.decode(totals.aggregates[i]!, state, { sampled: true })!,
  )
  const results = Float64Array.from(
    states,
    (state, i) => aggregateState.result(totals.aggregates[i]!, state) ?? NaN,
  )
  const { stderr } = compileErrorBars(totals)(states, results)

  assert.ok(apart.length >= 4)
  // Each row's share is rounded once, to a hundredth of a byte.
  assert.ok(Math.abs(stderr[1]! ** 2 / expected - 1) < 1e-6, `${stderr[1]! ** 2} ${expected}`)
})

const anyRow = fc.record(
  {
    ts: fc.integer({ min: START, max: START + 999 }),
    stream: fc.constant('s'),
    session: fc.integer({ min: 0, max: 200 }).map((n) => `v${n}`),
    p: fc.constantFrom(1, 0.5, 0.1, 0.05, 0.3),
    bytes: fc.nat({ max: 1_000_000 }),
    kb: fc.nat({ max: 1_000_000 }).map((n) => n / 1000),
    src: fc.constantFrom('tcp', 'http'),
  },
  { requiredKeys: ['ts', 'stream'], noNullPrototype: true },
)

type Measure = {
  readonly xOf: (row: Row) => string | number | undefined
  /** Hundredths of a unit in 1. */
  readonly scale: number
}

const ROWS: Measure = { xOf: () => 1, scale: 100 }
const BYTES: Measure = { xOf: ({ bytes }) => bytes, scale: 100 }
const KB: Measure = { xOf: ({ kb }) => kb, scale: 100_000 }
const TCP: Measure = { xOf: ({ src }) => (src === 'tcp' ? 1 : undefined), scale: 100 }

/** The error of a total from nothing but the rows and the words of Z18, in integers. */
function errorFromScratch(rows: readonly Row[], { xOf, scale }: Measure) {
  const byBucket = new Map<number, bigint>()
  for (const row of rows) {
    const x = xOf(row)
    const w = Math.abs(1 / Number(row.p ?? 1) - 10 / 3) < 0.1 ? 1 / 0.3 : 1 / Number(row.p ?? 1)
    if (x === undefined || w === 1) continue
    const c = row.session === undefined ? clusterOfRow(row.ts) : cluster(String(row.session))
    const units = BigInt(Math.floor(Math.sqrt(w * (w - 1)) * Number(x) * scale + 0.5))
    const sign = Math.floor(c / 64) % 2 === 0 ? 1n : -1n
    const bucket = ((c % 64) + 64) % 64
    byBucket.set(bucket, (byBucket.get(bucket) ?? 0n) + sign * units)
  }
  return [...byBucket]
    .filter(([, sum]) => sum !== 0n)
    .sort(([a], [b]) => a - b)
    .flatMap(([bucket, sum]) => [bucket, Number(sum)])
}

test('[P3] [Z18] errors are those of a computation from scratch, in whatever batches', () => {
  const batches = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 6 })
  fc.assert(
    fc.property(fc.array(anyRow, { minLength: 1, maxLength: 300 }), batches, (some, cuts) => {
      const rows: readonly Row[] = [...some, { ts: START, stream: 's', session: 'v', p: 0.5 }]

      const [pane] = panesOf(rows, { cuts: cuts.filter((cut) => cut < rows.length) })

      const found = pane!.states.slice(0, 4).map((state, i) => errorIn(state, i))
      assert.deepEqual(
        found,
        [ROWS, BYTES, KB, TCP].map((measure) => errorFromScratch(rows, measure)),
      )
    }),
    { numRuns: 200 },
  )
})

test('[P3] [S2] rows of a sample give the same bytes in any order and over any partitions', () => {
  const writer = new ByteWriter()
  const property = fc.property(
    fc.array(anyRow, { minLength: 2, maxLength: 120 }),
    fc.integer(),
    fc.integer({ min: 1, max: 4 }),
    (rows, seed, partitions) => {
      const rng = prng(seed)
      const shuffled = rows
        .map((row) => ({ row, at: rng.next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ row }) => row)
      const parts = Map.groupBy(shuffled, () => rng.below(partitions))

      const [whole] = panesOf(rows as readonly Row[])
      const panes = [...parts.values()].flatMap((part) => panesOf(part as readonly Row[]))

      for (const [i, spec] of totals.aggregates.entries()) {
        const merged = panes
          .map(({ states, sampled }) => aggregateState.decode(spec, states[i]!, { sampled })!)
          .reduce((into, from) => aggregateState.merge(spec, into, from))
        assert.deepEqual(aggregateState.encode(spec, merged, writer), whole!.states[i])
      }
    },
  )
  fc.assert(property, { numRuns: 100 })
})

test('[P1] errors of groups that come and go take the room of those that went', () => {
  const rounds = 12
  const all = Array.from({ length: rounds }, (_, round) => {
    const size = round % 3 === 0 ? 4000 : 40
    return Array.from({ length: size }, (__, i): Row => {
      const [ts, p] = [START + round * 70_000 + (i % 1000), i % 2 === 0 ? 0.1 : 0.5]
      return { ts, stream: `s${(i * 7 + round) % 3000}`, session: `v${i}`, bytes: i, p }
    })
  })
  const fold = new PartitionFold({ ...SPEC, monitors: [totals] }, 0)
  const found: Pane[] = []

  let base = 0
  for (const rows of all) {
    const batch = [...rows, beat(rows[0]!.ts + 2000)]
    fold.fold(rowColumns(batch, { base, appendedAt: START + 2_000_000 }), START)
    base += batch.length
    for (const { key, value } of fold.emit(START)) {
      const read = decodePanesRecord({ key: key.slice(), value: value.slice() })
      if (read.kind === 'pane') found.push(read.pane)
    }
  }

  const fresh = Map.groupBy(all.flat(), ({ ts, stream }) => `${stream} ${ts - (ts % 1000)}`)
  assert.equal(found.length, fresh.size)
  for (const { group, start, states } of found) {
    const rows = fresh.get(`${group[0]} ${start}`)!
    assert.deepEqual(
      [errorIn(states[0]), errorIn(states[1], 1)],
      [errorFromScratch(rows, ROWS), errorFromScratch(rows, BYTES)],
    )
  }
})
