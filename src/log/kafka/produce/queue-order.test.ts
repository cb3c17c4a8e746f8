import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../../../std/bytes.ts'
import { plainCodecs } from '../../../wire/record-batch/codecs.ts'
import { BrokerModel } from './broker-model.suite.ts'
import { PartitionQueue } from './partition-queue.ts'
import type { WaitingBatch } from './waiting-batch.ts'

const MAKING = { codecs: plainCodecs, codec: 'none', batchBytes: 200, inFlightMax: 5 } as const
const AT = { topic: 't', partition: 3 }
const NOT_ENOUGH_REPLICAS = 19
const NOT_ENOUGH_AFTER_APPEND = 20
const LOST = -1

type Append = { readonly values: readonly string[]; outcome: 'open' | 'taken' | 'failed' }
type OnItsWay = { readonly batch: WaitingBatch; readonly bytes: Uint8Array }
type Answer = { readonly batch: WaitingBatch; readonly code: number }

/** A queue, the broker that it sends to, and what is between them. */
class Between {
  readonly queue = new PartitionQueue(AT, MAKING)
  readonly broker: BrokerModel
  readonly appends: Append[] = []
  /** Requests of the connection, in order. */
  onTheirWay: OnItsWay[] = []
  answers: Answer[] = []
  /** Requests of connections that have ended: the broker may still come to them. */
  stray: OnItsWay[] = []
  uncertainCount = 0
  #ids = 0

  constructor(isStrict: boolean) {
    this.broker = new BrokerModel(isStrict)
  }

  append(count: number): void {
    const values = Array.from({ length: count }, (_, i) => `${this.appends.length}.${i}`)
    const append: Append = { values, outcome: 'open' }
    this.appends.push(append)
    const rows = values.map((value) => ({ record: { value: utf8(value.padEnd(60)) }, bytes: 60 }))
    let left = 0
    this.queue.add(rows, 0, () => {
      left++
      return {
        resolve: () => {
          if (--left === 0 && append.outcome === 'open') append.outcome = 'taken'
        },
        reject: () => {
          append.outcome = 'failed'
        },
      }
    })
  }

  send(): void {
    if (!this.queue.isReady(0)) return
    this.queue.producer ??= { id: ++this.#ids, epoch: 0 }
    const sent = this.queue.take(0)
    assert.ok(sent)
    assert.ok(this.underWay <= MAKING.inFlightMax)
    this.onTheirWay.push({ batch: sent.batch, bytes: sent.bytes.slice() })
  }

  get underWay(): number {
    return this.onTheirWay.length + this.answers.length
  }

  /** The broker takes one request and answers, or says that it could not. */
  serve(fault?: number): void {
    const [request] = this.onTheirWay.splice(0, 1)
    if (request === undefined) return
    const { batch, bytes } = request
    if (fault === NOT_ENOUGH_REPLICAS) return void this.answers.push({ batch, code: fault })
    const code = this.broker.append(bytes)
    this.answers.push({ batch, code: code === 0 ? (fault ?? code) : code })
  }

  /** The connection ends: whatever was sent by it has no answer. */
  disconnect(): void {
    const all = [...this.answers, ...this.onTheirWay].map(({ batch }) => batch)
    this.stray.push(...this.onTheirWay)
    this.onTheirWay = []
    this.answers = []
    for (const batch of all) this.#judge({ batch, code: LOST })
  }

  /** The broker comes to a request of a connection that is gone. */
  haunt(): void {
    const [request] = this.stray.splice(0, 1)
    if (request !== undefined) this.broker.append(request.bytes)
  }

  /** One answer arrives: they come in order unless the partition moved between two requests. */
  hear(at: number): void {
    const [answer] = this.answers.splice(at % Math.max(1, this.answers.length), 1)
    if (answer !== undefined) this.#judge(answer)
  }

  fail(): void {
    this.queue.fail(new Error('it took too long'))
    this.stray.push(...this.onTheirWay)
    this.onTheirWay = []
    this.answers = []
  }

  /** No more faults: all that waits is taken. */
  settle(): void {
    for (let turns = 0; !this.queue.isIdle; turns++) {
      assert.ok(turns < 10_000, 'it comes to an end')
      this.send()
      this.serve()
      this.hear(0)
    }
    while (this.stray.length > 0) this.haunt()
  }

  #judge({ batch, code }: Answer): void {
    if (!this.queue.isUnderWay(batch)) return
    if (code === 0) return this.queue.done(batch)
    if (this.queue.again(batch, code)) this.uncertainCount++
  }

  /** Values in the order in which they first appear. */
  get distinct(): readonly string[] {
    return [...new Set(this.broker.values.map((value) => value.trim()))]
  }
}

type Step = { readonly kind: string; readonly n: number }

const steps = (faults: readonly string[]) =>
  fc.array(
    fc.record({
      kind: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom('append', 'send', 'send', 'serve', 'hear') },
        { weight: 1, arbitrary: fc.constantFrom(...faults) },
      ),
      n: fc.nat(9),
    }),
    { maxLength: 120 },
  )

function run(between: Between, all: readonly Step[]): Between {
  const acts: Readonly<Record<string, (n: number) => void>> = {
    append: (n) => between.append(1 + (n % 5)),
    send: () => between.send(),
    serve: () => between.serve(),
    refuse: () => between.serve(NOT_ENOUGH_REPLICAS),
    'refuse late': () => between.serve(NOT_ENOUGH_AFTER_APPEND),
    hear: () => between.hear(0),
    'hear another': (n) => between.hear(n),
    disconnect: () => between.disconnect(),
    haunt: () => between.haunt(),
    fail: () => between.fail(),
    forget: () => between.broker.forget(),
  }
  for (const { kind, n } of all) acts[kind]?.(n)
  between.settle()
  return between
}

const FAULTS = ['refuse', 'refuse late', 'hear another', 'disconnect', 'haunt']

test('[L5] whatever is lost on the way, each row stands once and in order', () => {
  fc.assert(
    fc.property(fc.boolean(), steps(FAULTS), (isStrict, all) => {
      const between = run(new Between(isStrict), all)

      assert.deepEqual(
        between.broker.values.map((value) => value.trim()),
        between.appends.flatMap(({ values }) => values),
      )
      assert.ok(between.appends.every(({ outcome }) => outcome === 'taken'))
      assert.equal(between.uncertainCount, 0)
    }),
    { numRuns: 1_500 },
  )
})

test('[L5] [L11] after a failure survivors keep their order, and none of them is missing', () => {
  fc.assert(
    fc.property(fc.boolean(), steps([...FAULTS, 'fail']), (isStrict, all) => {
      const between = run(new Between(isStrict), all)

      const survivors = between.appends.filter(({ outcome }) => outcome === 'taken')
      const wanted = survivors.flatMap(({ values }) => values)
      const known = new Set(wanted)
      assert.deepEqual(
        between.broker.values.map((value) => value.trim()).filter((value) => known.has(value)),
        wanted,
      )
      assert.ok(between.appends.every(({ outcome }) => outcome !== 'open'))
    }),
    { numRuns: 1_500 },
  )
})

test('brokers that forget producers lose no row, and what may stand twice is counted', () => {
  fc.assert(
    fc.property(steps([...FAULTS, 'forget']), (all) => {
      const between = run(new Between(true), all)

      const wanted = between.appends.flatMap(({ values }) => values)
      assert.deepEqual([...between.distinct].sort(), [...wanted].sort())
      const isRepeated = between.broker.values.length > wanted.length
      assert.ok(!isRepeated || between.uncertainCount > 0 || all.some(isForgetful))
    }),
    { numRuns: 1_000 },
  )
})

const isForgetful = ({ kind }: Step): boolean => kind === 'forget'
