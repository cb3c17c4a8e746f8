import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../../std/bytes.ts'
import { emptyHeader, checkBatch } from '../../../wire/record-batch/batch-header.ts'
import { plainCodecs } from '../../../wire/record-batch/codecs.ts'
import { PartitionQueue } from './partition-queue.ts'
import { sequenceAfter } from './waiting-batch.ts'
import type { WaitingBatch } from './waiting-batch.ts'

const MAKING = { codecs: plainCodecs, codec: 'none', batchBytes: 200, inFlightMax: 5 } as const
const AT = { topic: 't', partition: 3 }
const NOT_ENOUGH_REPLICAS = 19
const NOT_ENOUGH_AFTER_APPEND = 20
const LOST = -1
const OUT_OF_ORDER = 45
const UNKNOWN_PRODUCER = 59

type OnItsWay = { readonly batch: WaitingBatch; readonly bytes: Uint8Array }

/** A queue with so many batches of one row each, the first of them known to the broker. */
function queueOf(count: number): { queue: PartitionQueue; settled: string[] } {
  const queue = new PartitionQueue(AT, { ...MAKING, batchBytes: 1 })
  const settled: string[] = []
  for (let i = 0; i < count; i++) {
    const part = () => ({
      resolve: () => void settled.push(`${i} taken`),
      reject: ({ message }: Error) => void settled.push(`${i} ${message}`),
    })
    queue.add([{ record: { value: utf8(`${i}`) }, bytes: 1 }], i, part)
  }
  queue.producer = { id: 7, epoch: 2 }
  const first = queue.take(0)
  assert.ok(first)
  queue.done(first.batch)
  return { queue, settled }
}

/** Takes all that may be under way. */
function takeAll(queue: PartitionQueue, now = 0): OnItsWay[] {
  const taken: OnItsWay[] = []
  while (queue.isReady(now)) {
    const one = queue.take(now)
    assert.ok(one)
    taken.push({ batch: one.batch, bytes: one.bytes.slice() })
  }
  return taken
}

function stampsOf({ bytes }: OnItsWay): readonly number[] {
  const header = emptyHeader()
  assert.equal(checkBatch(bytes, { at: 0, to: bytes.length }, header), 'ok')
  return [header.producerId, header.producerEpoch, header.baseSequence]
}

test('[L5] at most five batches are under way', () => {
  const { queue } = queueOf(9)

  const taken = takeAll(queue)

  assert.deepEqual(
    taken.map(stampsOf),
    [1, 2, 3, 4, 5].map((n) => [7, 2, n]),
  )
  assert.equal(queue.isReady(0), false)
})

test('[L5] the first batch of a producer goes alone: who knows nothing of it takes any', () => {
  const { queue } = queueOf(4)
  const [one] = takeAll(queue)
  assert.ok(one)
  queue.again(one.batch, UNKNOWN_PRODUCER)
  for (const { batch } of takeAll(queue)) queue.again(batch, UNKNOWN_PRODUCER)
  queue.fail(new Error('gone'))
  queue.add([{ record: {}, bytes: 1 }], 0, () => ({ resolve: () => 0, reject: () => 0 }))
  queue.add([{ record: {}, bytes: 1 }], 0, () => ({ resolve: () => 0, reject: () => 0 }))
  queue.producer = { id: 8, epoch: 0 }

  assert.equal(takeAll(queue).length, 1)
})

test('[L5] a repeat carries the same numbers and bytes, and nothing new goes before it', () => {
  const { queue } = queueOf(9)
  const before = takeAll(queue)

  for (const { batch } of before.toReversed()) {
    queue.again(batch, LOST)
    const isLast = batch === before[0]?.batch
    assert.equal(queue.isReady(0), isLast, 'not before all have their answers')
  }

  assert.deepEqual(
    takeAll(queue).map(({ bytes }) => bytes),
    before.map(({ bytes }) => bytes),
  )
})

test('[L5] nothing new goes while the broker may forget a batch that has to be repeated', () => {
  const { queue } = queueOf(12)
  const [first, ...others] = takeAll(queue)
  assert.ok(first)
  queue.again(first.batch, NOT_ENOUGH_AFTER_APPEND)
  for (const { batch } of others) queue.done(batch)

  const [again, ...more] = takeAll(queue)

  assert.deepEqual([again?.batch, more], [first.batch, []])
})

test('a producer that brokers have lost is renewed, and sequences begin anew', () => {
  for (const code of [47, UNKNOWN_PRODUCER, 90, OUT_OF_ORDER]) {
    const { queue } = queueOf(4)
    const [first, ...others] = takeAll(queue)
    assert.ok(first)

    assert.equal(queue.again(first.batch, code), true)
    for (const { batch } of others) assert.equal(queue.again(batch, OUT_OF_ORDER), false)

    assert.equal(queue.producer, undefined)
    queue.producer = { id: 8, epoch: 0 }
    assert.deepEqual(takeAll(queue).map(stampsOf), [[8, 0, 0]])
  }
})

test('a batch out of order behind one that failed is no loss of the producer', () => {
  const { queue } = queueOf(3)
  const [first, second] = takeAll(queue)
  assert.ok(first && second)

  assert.equal(queue.again(first.batch, NOT_ENOUGH_REPLICAS), false)
  assert.equal(queue.again(second.batch, OUT_OF_ORDER), false)

  assert.deepEqual(takeAll(queue).map(stampsOf), [
    [7, 2, 1],
    [7, 2, 2],
  ])
})

test('[L11] a failure takes all that waits behind it, and gives back what each held', () => {
  const { queue, settled } = queueOf(8)
  const taken = takeAll(queue)
  queue.done(taken[0]!.batch)

  const lost = queue.fail(new Error('gone'))

  const fates = Array.from({ length: 6 }, (_, i) => `${i + 2} gone`)
  assert.deepEqual(settled, ['0 taken', '1 taken', ...fates])
  assert.equal(lost.length, 6)
  assert.equal(
    lost.reduce((sum, { recordBytes }) => sum + recordBytes, 0),
    6,
  )
  assert.equal(queue.isIdle, true)
  assert.ok(lost.every((batch) => !queue.isUnderWay(batch)))
})

test('a queue without a producer keeps its batches', () => {
  const { queue } = queueOf(2)
  queue.producer = undefined

  assert.equal(queue.take(0), undefined)

  assert.equal(queue.isIdle, false)
})

test('sequences begin at 0 again behind 2^31 − 1', () => {
  assert.equal(sequenceAfter(2 ** 31 - 1, 1), 0)
  assert.equal(sequenceAfter(2 ** 31 - 3, 2), 2 ** 31 - 1)
  assert.equal(sequenceAfter(2 ** 31 - 3, 10), 7)
})

test('failures wait longer each time, up to a bound, until a batch is taken', () => {
  const { queue } = queueOf(3)
  const limits = { backoffMs: 100, backoffMsMax: 350 }
  const [first] = takeAll(queue)

  const waits = [1, 2, 3, 4].map(() => queue.nextPause(limits))
  queue.done(first!.batch)

  assert.deepEqual([...waits, queue.nextPause(limits)], [100, 200, 350, 350, 100])
})

test('nothing is sent before a failure has waited', () => {
  const { queue } = queueOf(3)
  queue.notBefore = 1_000

  assert.deepEqual([queue.isReady(999), queue.isReady(1_000)], [false, true])
})

test('the age of a queue is that of its oldest record', () => {
  const { queue } = queueOf(3)

  assert.equal(queue.oldestMs(10), 9)
  for (const { batch } of takeAll(queue)) queue.done(batch)
  assert.equal(queue.oldestMs(10), 0)
})

test('rows of several appends share a batch until it is full or was sent', () => {
  const queue = new PartitionQueue(AT, { ...MAKING, batchBytes: 400 })
  const settled: number[] = []
  const add = (i: number, count: number) => {
    const row = { record: { value: new Uint8Array(100) }, bytes: 100 }
    const part = () => ({ resolve: () => void settled.push(i), reject: () => undefined })
    queue.add(
      Array.from({ length: count }, () => row),
      0,
      part,
    )
  }
  for (const [i, count] of [1, 1, 4].entries()) add(i, count)
  queue.producer = { id: 1, epoch: 0 }

  const counts: number[] = []
  for (let one = queue.take(0); one !== undefined; one = queue.take(0)) {
    counts.push(one.batch.count)
    queue.done(one.batch)
  }

  assert.deepEqual(counts, [3, 3])
  assert.deepEqual(settled, [0, 1, 2, 2])
})
