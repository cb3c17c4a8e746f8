import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scanBatches } from './batch-scanner.ts'
import { plainCodecs } from './codecs.ts'
import { CommittedFilter, type AbortedTransaction } from './committed-filter.ts'
import { encodeBatch } from './encode-batch.suite.ts'
import { ScannedColumns } from './scanned-columns.ts'
import { stampProducer } from './sealed-batch.ts'

const TRANSACTIONAL = 16
const CONTROL = 32

/** A batch of one offset: rows of a producer, of none, or what ends a transaction. */
type Item = { readonly producer: number; readonly kind: 'rows' | 'plain' | 'abort' | 'commit' }

const rows = (producer: number): Item => ({ producer, kind: 'rows' })
const plain = (producer: number): Item => ({ producer, kind: 'plain' })
const abort = (producer: number): Item => ({ producer, kind: 'abort' })
const commit = (producer: number): Item => ({ producer, kind: 'commit' })

function batchOf({ producer, kind }: Item, base: number): Uint8Array {
  const isMarker = kind === 'abort' || kind === 'commit'
  const key = Uint8Array.of(0, 0, 0, kind === 'abort' ? 0 : 1)
  const records = [isMarker ? { key, value: new Uint8Array(6) } : { key: Uint8Array.of(1) }]
  const bytes = encodeBatch({ base, time: 1, logAppendTime: true, records })
  bytes[22]! |= (kind === 'plain' ? 0 : TRANSACTIONAL) | (isMarker ? CONTROL : 0)
  const stamp = { producerId: producer, producerEpoch: 0, baseSequence: 0 }
  stampProducer(bytes, stamp, plainCodecs)
  return bytes
}

/** Offsets that a reader sees of a response that holds the items from offset `from` on. */
function seen(
  items: readonly Item[],
  aborted: readonly AbortedTransaction[],
  from = 0,
): readonly number[] {
  const bytes = Uint8Array.from(
    Buffer.concat(items.slice(from).map((item, i) => batchOf(item, from + i))),
  )
  const filter = new CommittedFilter()
  const columns = new ScannedColumns(1)
  filter.reset(aborted)
  columns.reset({ next: from, filter })
  scanBatches(bytes, { from: 0, to: bytes.length }, columns)
  assert.equal(columns.next, items.length)
  assert.deepEqual(columns.rejected, [])
  return [...columns.offsets.subarray(0, columns.count)]
}

const of = (producerId: number, firstOffset: number): AbortedTransaction => ({
  producerId,
  firstOffset,
})

const cases: readonly {
  readonly title: string
  readonly items: readonly Item[]
  readonly aborted: readonly AbortedTransaction[]
  readonly seen: readonly number[]
}[] = [
  {
    title: 'one that was aborted, between rows of no transaction',
    items: [plain(-1), rows(1), rows(1), abort(1), plain(-1)],
    aborted: [of(1, 1)],
    seen: [0, 4],
  },
  {
    title: 'two of one producer in one response, and one that it committed',
    items: [rows(1), abort(1), rows(1), commit(1), rows(1), abort(1), rows(1)],
    aborted: [of(1, 0), of(1, 4)],
    seen: [2, 6],
  },
  {
    title: 'two of one producer, told in another order',
    items: [rows(1), abort(1), rows(1), abort(1), plain(-1)],
    aborted: [of(1, 2), of(1, 0)],
    seen: [4],
  },
  {
    title: 'one whose marker is in the next response',
    items: [plain(-1), rows(1), rows(1)],
    aborted: [of(1, 1)],
    seen: [0],
  },
  {
    title: 'two producers interleaved, of which one aborts',
    items: [rows(1), rows(2), rows(1), rows(2), abort(1), rows(2), commit(2)],
    aborted: [of(1, 0)],
    seen: [1, 3, 5],
  },
  {
    title: 'two producers interleaved that both abort',
    items: [rows(1), rows(2), rows(1), abort(2), rows(1), rows(2), abort(1), commit(2)],
    aborted: [of(1, 0), of(2, 1)],
    seen: [5],
  },
  {
    title: 'an empty one, whose marker stands alone',
    items: [plain(-1), abort(1), rows(1), commit(1)],
    aborted: [],
    seen: [0, 2],
  },
  {
    title: 'one still open at the end, of another producer',
    items: [rows(1), abort(1), rows(2)],
    aborted: [of(1, 0)],
    seen: [2],
  },
  {
    title: 'rows of an aborting producer outside its transaction',
    items: [rows(1), plain(1), abort(1)],
    aborted: [of(1, 0)],
    seen: [1],
  },
]

for (const { title, items, aborted, seen: expected } of cases) {
  test(`[L23] aborted transactions are not shown: ${title}`, () => {
    assert.deepEqual(seen(items, aborted), expected)
  })
}

test('[L23] a transaction that began in an earlier response is not shown in this one', () => {
  const items = [rows(1), rows(1), plain(-1), rows(1), abort(1), rows(1)]

  assert.deepEqual(seen(items, [of(1, 0)], 2), [2, 5])
})

test('[L23] a filter that is reset knows nothing of the response before', () => {
  const filter = new CommittedFilter()
  const columns = new ScannedColumns(1)
  const bytes = batchOf(rows(1), 0)
  const shown = [[of(1, 0)], []].map((aborted) => {
    filter.reset(aborted)
    columns.reset({ next: 0, filter })
    scanBatches(bytes, { from: 0, to: bytes.length }, columns)
    return columns.count
  })

  assert.deepEqual(shown, [0, 1])
})

test('[L23] a control batch that says nothing a reader knows ends no transaction', () => {
  const items = [rows(1), abort(1), rows(1)]
  // Another type; a key too short; records of another codec; no record.
  for (const [at, value] of [
    [69, 2],
    [65, 4],
    [22, TRANSACTIONAL | CONTROL | 1],
    [61, 0xff],
  ] as const) {
    const parts = items.map(batchOf)
    parts[1]![at] = value
    stampProducer(parts[1]!, { producerId: 1, producerEpoch: 0, baseSequence: 0 }, plainCodecs)
    const bytes = Uint8Array.from(Buffer.concat(parts))
    const filter = new CommittedFilter()
    const columns = new ScannedColumns(1)
    filter.reset([of(1, 0)])
    columns.reset({ next: 0, filter })

    scanBatches(bytes, { from: 0, to: bytes.length }, columns)

    assert.deepEqual([columns.count, columns.next], [0, 3], `${value} at ${at}`)
  }
})

/** What is shown, from the whole history: no list, no state, each row asked by itself. */
function shownOf(items: readonly Item[]): readonly number[] {
  return [...items.keys()].filter((offset) => {
    const { producer, kind } = items[offset]!
    if (kind === 'plain') return true
    if (kind !== 'rows') return false
    const later = items.slice(offset)
    const end = later.find((item) => item.producer === producer && item.kind.endsWith('t'))
    return end?.kind !== 'abort'
  })
}

/** The list as a broker makes it: those aborted whose rows reach into the response. */
function abortedOf(items: readonly Item[], from: number): readonly AbortedTransaction[] {
  const first = new Map<number, number>()
  const aborted: AbortedTransaction[] = []
  for (const [offset, { producer, kind }] of items.entries()) {
    if (kind === 'rows' && !first.has(producer)) first.set(producer, offset)
    if (kind === 'rows' || kind === 'plain') continue
    const firstOffset = first.get(producer)
    first.delete(producer)
    if (kind !== 'abort' || firstOffset === undefined || offset < from) continue
    aborted.push({ producerId: producer, firstOffset })
  }
  return aborted
}

test('[L23] any history cut anywhere shows what was not aborted', () => {
  const item = fc.record({
    producer: fc.integer({ min: 1, max: 4 }),
    kind: fc.constantFrom('rows', 'rows', 'rows', 'plain', 'abort', 'commit') as fc.Arbitrary<
      Item['kind']
    >,
  })
  fc.assert(
    fc.property(fc.array(item, { maxLength: 40 }), fc.nat(40), fc.nat(40), (items, a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      const response = items.slice(0, to)
      const start = Math.min(from, response.length)

      const shown = seen(response, abortedOf(items, start), start)

      assert.deepEqual(
        shown,
        shownOf(items).filter((offset) => offset >= start && offset < response.length),
      )
    }),
    { numRuns: 2000 },
  )
})
