import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8, utf8Text } from '../../../std/bytes.ts'
import { bytesOf } from '../../../model/record-columns.ts'
import { scanBatches } from '../../../wire/record-batch/batch-scanner.ts'
import { plainCodecs } from '../../../wire/record-batch/codecs.ts'
import { ScannedColumns } from '../../../wire/record-batch/scanned-columns.ts'
import { PartitionQueue } from './partition-queue.ts'

const MAKING = { codecs: plainCodecs, codec: 'none', batchBytes: 10_000, inFlightMax: 5 } as const

/** A queue with a producer; each append tells here what became of it, once. */
function queueOf() {
  const queue = new PartitionQueue({ topic: 'rows', partition: 0 }, MAKING)
  const told: string[] = []
  const append = (...texts: string[]): void => {
    const rows = texts.map((text) => ({ record: { value: utf8(text) }, bytes: 10 }))
    const name = texts.join('+')
    queue.add(rows, 0, () => ({
      resolve: () => told.push(name),
      reject: ({ message }) => told.push(`${name} ${message}`),
    }))
  }
  const take = () => {
    queue.producer ??= { id: 7, epoch: 0 }
    const taken = queue.take(0)
    assert.ok(taken)
    return taken
  }
  return { queue, told, append, take }
}

function textsOf(bytes: Uint8Array): string[] {
  const columns = new ScannedColumns(undefined, plainCodecs)
  columns.reset({ next: 0 })
  scanBatches(bytes, { from: 0, to: bytes.length }, columns)
  return Array.from({ length: columns.count }, (_, row) => utf8Text(bytesOf(columns.values, row)))
}

test('[L9] a batch too large for its topic goes in halves, and each append is told once', () => {
  const { queue, told, append, take } = queueOf()
  append('a')
  append('b', 'c', 'd')
  append('e')
  const whole = take()
  append('later')
  const later = take()
  const held = whole.batch.recordBytes

  assert.equal(queue.split(whole.batch), true)
  assert.equal(queue.isReady(0), false)
  queue.again(later.batch, 45)
  const halves = [take(), take(), take()]

  assert.deepEqual(
    halves.map(({ bytes, batch }) => [textsOf(bytes).join(), batch.sequence]),
    [
      ['a,b,c', 0],
      ['d,e', 3],
      ['later', 5],
    ],
  )
  assert.equal(halves[0]!.batch.recordBytes + halves[1]!.batch.recordBytes, held)
  queue.done(halves[0]!.batch)
  assert.deepEqual(told, ['a'])
  queue.done(halves[1]!.batch)
  assert.deepEqual(told, ['a', 'b+c+d', 'e'])
})

test('[L9] a row too large by itself is refused alone, and the rest goes on under a new id', () => {
  const { queue, told, append, take } = queueOf()
  append('large')
  const large = take()
  append('small')
  const small = take()

  assert.equal(queue.split(large.batch), false)
  queue.refuse(large.batch, new Error('is too large'))
  assert.equal(queue.again(small.batch, 45), false)
  assert.equal(queue.producer, undefined)
  queue.producer = { id: 8, epoch: 0 }
  const again = take()
  queue.done(again.batch)

  assert.equal(again.batch.sequence, 0)
  assert.deepEqual(told, ['large is too large', 'small'])
  assert.ok(queue.isIdle)
})
