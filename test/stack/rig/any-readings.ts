import type { Expression } from '../../../src/model/expression.ts'
import type { AggregateSpec, MonitorSpec } from '../../../src/model/monitor.ts'
import type { Prng } from '../../../src/std/prng.ts'
import { utf8 } from '../../../src/std/bytes.ts'
import { monitor } from '../../rig/monitor.ts'
import type { SourceRow } from './spark-batch.ts'

const START = 1_795_383_150_000
export const RATES = [1, 0.5, 0.1, 0.3]

const field = (name: string): Expression => ({ op: 'name', name })
const text = (value: string): Expression => ({ op: 'text', value })
const number = (value: number): Expression => ({ op: 'number', value })
const TEXTS = ['tcp', 'player', "o'b", 'é"\\x', 'a\u007fb', '😀', 'NULL', '5', 'true', ' ', '{}']
const NUMBERS = [0, 1, 40, 1.5, 1e-6, 1e15, 9_007_199_254_740_991]

const pick = <T>(random: Prng, from: readonly T[]): T => from[random.below(from.length)]!

/** A row test of up to three levels, of every operator. */
export function anyTest(random: Prng, depth = 2): Expression {
  const roll = random.below(depth > 0 ? 9 : 5)
  const name = pick(random, ['x', 'y', 'rtt_ms', 'retrans'])
  const measure =
    random.below(4) === 0
      ? ({ op: 'negate', operand: number(1) } as const)
      : number(pick(random, NUMBERS))
  const dimension = field(pick(random, ['src', 'pop', 'cdn', 'session']))
  if (roll === 0)
    return { op: pick(random, ['==', '!=']), left: dimension, right: text(pick(random, TEXTS)) }
  if (roll === 1)
    return { op: 'in', left: dimension, list: [text(pick(random, TEXTS)), text('p1'), text('p2')] }
  if (roll === 2) return { op: 'in', left: field(name), list: [number(1), measure] }
  if (roll === 3)
    return {
      op: pick(random, ['==', '!=', '<', '<=', '>', '>=']),
      left: field(name),
      right: measure,
    }
  if (roll === 4) return { op: pick(random, ['<', '>=']), left: measure, right: field(name) }
  if (roll === 5) return { op: '!', operand: anyTest(random, depth - 1) }
  if (roll === 6 && depth === 2) return { op: 'bool', value: random.below(4) > 0 }
  const [left, right] = [anyTest(random, depth - 1), anyTest(random, depth - 1)]
  return { op: pick(random, ['&&', '||']), left, right }
}

const GROUPS = [[], ['stream'], ['pop'], ['stream', 'pop'], ['pop', 'src', 'cdn']]
const SLICES = [
  [10_000, 1000],
  [3000, 3000],
  [2000, 500],
  [60_000, 20_000],
] as const

const KINDS = ['count', 'sum', 'min', 'max', 'mean', 'quantile', 'distinct'] as const

/** One of every kind, with and without a test of its own, and some of them twice. */
function anyAggregates(random: Prng): readonly AggregateSpec[] {
  const count = 1 + random.below(8)
  return Array.from({ length: count }, (_, i): AggregateSpec => {
    const kind = pick(random, KINDS)
    const measure = pick(random, ['x', 'y', 'retrans', 'rtt_ms', 'bytes'])
    const dimension = pick(random, ['pop', 'session', 'src', 'tag'])
    const counted = pick(random, [undefined, measure, 'pop'])
    const named = kind === 'distinct' ? dimension : kind === 'count' ? counted : measure
    return {
      name: `a${i}`,
      kind,
      ...(named === undefined ? {} : { field: named }),
      digits: kind === 'sum' ? random.below(7) : 0,
      ...(kind === 'quantile' ? { q: 0.9 } : {}),
      ...(random.below(3) === 0 ? { where: anyTest(random) } : {}),
    }
  })
}

/** A monitor of any shape; every third is like the one before but for its aggregates. */
export function anyMonitors(random: Prng, count: number): readonly MonitorSpec[] {
  const monitors: MonitorSpec[] = []
  for (let i = 0; i < count; i++) {
    const [sizeMs, hopMs] = pick(random, SLICES)
    const before = random.below(3) === 0 ? monitors.at(-1) : undefined
    const { where, ...rest } = monitor({
      id: `m${i}`,
      definition: (0x1234_5678_0000 + i).toString(16).padStart(16, '0'),
      groupBy: before?.groupBy ?? pick(random, GROUPS),
      window: before?.window ?? {
        sizeMs,
        hopMs,
        latenessMs: 2000,
        emitMs: 200,
        correctionMs: 60_000,
      },
      aggregates: anyAggregates(random),
    })
    const test = before === undefined && random.below(2) === 0 ? anyTest(random) : before?.where
    monitors.push(test === undefined ? rest : { ...rest, where: test })
  }
  return monitors
}

/** Rows as collectors and foreigners write them, in order of arrival, over two partitions. */
export function anySourceRows(random: Prng, count: number): readonly SourceRow[] {
  const maybe = (share: number, fields: () => object): object =>
    random.next() < share ? fields() : {}
  const measure = (): number =>
    pick(random, [
      0,
      1,
      random.below(100_000) / 1000,
      -random.below(9),
      random.next() * 1e9,
      1e-9,
      2 ** 53,
      2 ** 54,
    ])
  return Array.from({ length: count }, (_, i) => {
    const at = START + i * 15 - (random.next() < 0.1 ? random.below(8000) : 0)
    const row = {
      ...maybe(0.5, () => ({ v: 1 })),
      ts: at,
      stream: `s${random.below(5)}`,
      ...maybe(0.8, () => ({ session: pick(random, [`v${random.below(3000)}`, 'é', '']) })),
      ...maybe(0.3, () => ({ p: pick(random, RATES) })),
      ...maybe(0.1, () => ({ sampled: pick(random, ['request', 'session']) })),
      ...maybe(0.8, () => ({ src: pick(random, [...TEXTS, 'beat']) })),
      ...maybe(0.05, () => ({ spread: random.below(3) })),
      ...maybe(0.5, () => ({ cdn: pick(random, ['c1', 'c2']) })),
      ...maybe(0.8, () => ({ pop: pick(random, ['p1', 'p2', 'p3', ...TEXTS]) })),
      ...maybe(0.5, () => ({ client: `a${random.below(9)}` })),
      ...maybe(0.5, () => ({ conn: `c${random.below(20)}` })),
      ...maybe(0.6, () => ({ retrans: measure() })),
      ...maybe(0.6, () => ({ rtt_ms: measure() })),
      ...maybe(0.6, () => ({ bytes: Math.floor(random.next() * 1e12) })),
      ...maybe(0.8, () => ({ x: measure() })),
      ...maybe(0.5, () => ({ y: random.below(5) - 2 })),
      ...maybe(0.5, () => ({ tag: `t${random.below(400)}` })),
      ...maybe(0.02, () => ({ y: 'text' })),
    }
    const json = JSON.stringify(row)
    return {
      partition: random.below(2),
      timestamp: START + i * 15 + random.below(50),
      value: utf8(json),
    }
  })
}
