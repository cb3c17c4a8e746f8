import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prng } from '../../src/std/prng.ts'
import { corpusLine, fieldCorpus } from './field-corpus.ts'
import { fieldPlans } from './field-plans.ts'
import { fuzzSeed } from './fuzz-seed.ts'
import { mutate } from './mutate.ts'
import { RowMaker } from './row-maker.ts'
import { CheckedScanner, statusNames, type Rows } from './scan-rows.ts'

/** More at night: FUZZ_ROWS=100000000. */
const ROWS = Number(process.env['FUZZ_ROWS'] ?? 2_000_000)
const BATCH_ROWS = 256
const ROW_BYTES_MAX = 8192
/** Bailing on everything is no agreement. */
const READ_SHARE_MIN = 0.3
// Bytes between rows with everything that a scanner could run into by mistake.
const FENCE = new TextEncoder().encode('"9"}0,"ts":1')

test('[F2] every row of the corpus is read as JSON.parse reads it, or left for its reason', () => {
  const corpus = fieldCorpus()
  const rows = laidOut(corpus.map(({ row }) => Uint8Array.from(row, (byte) => byte.charCodeAt(0))))
  for (const [name, plan] of Object.entries(fieldPlans)) {
    const scanner = new CheckedScanner(plan, corpus.length)
    // A second time with all that the first one left to remember.
    for (const turn of ['first', 'second']) {
      scanner.scan(rows)
      for (const [i, { says, plan: told, status }] of corpus.entries()) {
        const isRead = scanner.status(i) === 'read'
        if (isRead) scanner.check(i, false)
        if (isRead) scanner.checkRules(i)
        if (told === name) assert.equal(scanner.status(i), status, `${says} (${turn} time)`)
      }
    }
  }
  assert.deepEqual(new Set(corpus.map(({ status }) => status)), new Set(statusNames))
})

/** Rows in one buffer, fences between them and nothing behind the last. */
function laidOut(parts: readonly Uint8Array[]): Rows {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + FENCE.length + part.length, 0))
  const starts = new Int32Array(parts.length)
  let at = 0
  for (const [row, part] of parts.entries()) {
    bytes.set(FENCE, at)
    starts[row] = at + FENCE.length
    bytes.set(part, starts[row])
    at = starts[row]! + part.length
  }
  return { bytes, starts, lengths: Int32Array.from(parts, ({ length }) => length) }
}

/** Batches of made rows, of which two in five are mutated. */
class RowBatches {
  readonly rows: { bytes: Uint8Array; starts: Int32Array; lengths: Int32Array }
  /** 1: a row with the promise, as a collector would write it. */
  readonly keepsPromise = new Uint8Array(BATCH_ROWS)
  mutated = 0
  readonly #bytes = new Uint8Array(BATCH_ROWS * ROW_BYTES_MAX)
  readonly #maker: RowMaker

  constructor(seed: number) {
    this.#maker = new RowMaker(seed, this.#bytes)
    const cells = () => new Int32Array(BATCH_ROWS)
    this.rows = { bytes: this.#bytes, starts: cells(), lengths: cells() }
  }

  next(): Rows {
    const { rows } = this
    const { random } = this.#maker
    let at = 0
    for (let row = 0; row < BATCH_ROWS; row++) {
      this.#bytes.set(FENCE, at)
      const from = at + FENCE.length
      const made = { bytes: this.#bytes, from, to: this.#maker.write(from) }
      const mutations = random.below(5) < 3 ? 0 : 1 + random.below(3)
      for (let i = 0; i < mutations; i++) mutate(random, made)
      if (mutations > 0) this.mutated++
      this.keepsPromise[row] = mutations === 0 && this.#maker.isPromised ? 1 : 0
      rows.starts[row] = from
      rows.lengths[row] = made.to - from
      at = made.to
    }
    // Nothing follows the last row: a look beyond it is a look beyond the buffer.
    rows.bytes = this.#bytes.subarray(0, at)
    return rows
  }
}

test(`[F2] on ${ROWS} made and mutated rows the scanner agrees with JSON.parse or bails`, (t) => {
  const seed = fuzzSeed()
  t.diagnostic(`FUZZ_SEED=${seed} plays it again`)
  const batches = new RowBatches(seed)
  const { below } = prng(seed)
  const plans = Object.entries(fieldPlans).map(([name, plan]) => ({ name, plan }))
  const scanners = plans.map(({ plan }) => new CheckedScanner(plan, BATCH_ROWS))
  const counts = new Map(statusNames.map((name) => [name, 0]))
  let done = 0
  for (let batch = 0; done < ROWS; batch++, done += BATCH_ROWS) {
    const rows = batches.next()
    const scanner = scanners[batch % scanners.length]!
    if (below(50) === 0) scanner.forget()
    scanner.scan(rows)
    const forgetful = below(8) === 0 ? new CheckedScanner(scanner.plan, BATCH_ROWS) : scanner
    if (forgetful !== scanner) forgetful.scan(rows)
    for (let row = 0; row < BATCH_ROWS; row++) {
      const status = scanner.status(row)
      counts.set(status, counts.get(status)! + 1)
      try {
        const isRead = status === 'read'
        assert.equal(forgetful.status(row), status, 'what came before changes the answer')
        if (isRead) scanner.check(row, batches.keepsPromise[row] === 1)
        if (isRead && below(4) === 0) scanner.checkRules(row)
      } catch (error) {
        const plan = plans[batch % plans.length]!.name
        throw new Error(`seed ${seed}: ${corpusLine(scanner, row, plan)}`, { cause: error })
      }
    }
  }

  const bails = [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
  t.diagnostic(`${done} rows, ${batches.mutated} of them mutated: ${bails}`)
  assert.ok(counts.get('read')! >= READ_SHARE_MIN * done, 'too few rows are read')
  for (const [name, count] of counts) assert.ok(count > 0, `no row was ${name}`)
})
