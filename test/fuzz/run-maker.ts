import { prng, type Prng } from '../../src/std/prng.ts'
import { BatchEncoder } from '../../src/wire/record-batch/batch-encoder.ts'
import { crc32c } from '../../src/wire/record-batch/crc32c.ts'
import { mutate, type Mutable } from './mutate.ts'

const RUN_BYTES_MAX = 4096
const HEADER_BYTES = 61
const CRC_AT = 17
const SUMMED_FROM = 21

/** Numbers at which 32 bits, 53 bits and 64 bits end, and beyond. */
const ODD_NUMBERS: readonly bigint[] = [31n, 32n, 52n, 53n, 54n, 62n].flatMap((bits) =>
  [-2n, -1n, 0n, 1n, 2n].flatMap((more) => [2n ** bits + more, -(2n ** bits) + more]),
)

/** Zigzag, in as many bytes as it needs. */
function varint(value: bigint): readonly number[] {
  let rest = value < 0n ? -2n * value - 1n : 2n * value
  const bytes: number[] = []
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest)]
}

/** Writes runs of a few small record batches, most of them mutated under a checksum that holds. */
export class RunMaker {
  readonly random: Prng
  readonly #bytes = new Uint8Array(RUN_BYTES_MAX)
  readonly #encoder = new BatchEncoder()

  constructor(seed: number) {
    this.random = prng(seed)
  }

  write(): Uint8Array {
    const { below } = this.random
    let [at, base] = [0, below(10) === 0 ? 2 ** 31 + below(9) : below(3)]
    for (let left = 1 + below(3); left > 0; left--) {
      const last = this.#encode(base)
      this.#bytes.set(this.#encoder.bytes, at)
      const batch = { bytes: this.#bytes, from: at, to: at + this.#encoder.length }
      if (below(4) === 0) this.#writeByHand(batch)
      if (below(3) > 0) this.#mutate(batch)
      at = batch.to
      base = last + 1 + (below(4) === 0 ? below(3) : 0)
    }
    // Now and then the end is cut off, or something else follows.
    const run = { bytes: this.#bytes, from: 0, to: at }
    if (below(8) === 0) mutate(this.random, run)
    return this.#bytes.subarray(0, run.to)
  }

  /** One batch; answers its last offset. */
  #encode(base: number): number {
    const { below } = this.random
    this.#encoder.reset()
    this.#encoder.open()
    let delta = -1
    for (let left = 1 + below(5); left > 0; left--) {
      delta += 1 + (below(6) === 0 ? below(200) : 0)
      const [key, value] = [this.#field(), this.#field()]
      this.#encoder.add({ ...(key && { key }), ...(value && { value }) }, delta)
    }
    const lastDelta = delta + (below(6) === 0 ? below(3) : 0)
    const time = below(9) === 0 ? -1 : 1_700_000_000_000 + below(1000)
    this.#encoder.close({ base, time, logAppendTime: below(2) === 0 }, lastDelta)
    return base + lastDelta
  }

  /** Puts records with numbers that no writer of ours gives them in the place of a batch's own. */
  #writeByHand(batch: Mutable): void {
    const { below } = this.random
    const odd = (usual: number): bigint => {
      return below(3) > 0 ? BigInt(usual) : ODD_NUMBERS[below(ODD_NUMBERS.length)]!
    }
    const count = 1 + below(3)
    const records = Array.from({ length: count }, (_, i) => {
      const [time, delta, length] = [odd(below(100)), below(9) > 0 ? BigInt(i) : odd(i), below(3)]
      const body = [
        0,
        ...varint(time),
        ...varint(delta),
        1,
        length * 2,
        ...Array(length).fill(7),
        0,
      ]
      return [...varint(BigInt(body.length)), ...body]
    })
    const { bytes, from } = batch
    const written = records.flat()
    bytes.set(written, from + HEADER_BYTES)
    batch.to = from + HEADER_BYTES + written.length
    const view = new DataView(bytes.buffer, from)
    view.setInt32(57, count)
    view.setInt32(23, Math.max(count - 1, view.getInt32(23)))
    if (below(2) === 0) view.setBigInt64(27, odd(1_700_000_000_000))
    if (below(4) === 0) view.setBigInt64(35, odd(1_700_000_000_000))
    this.#seal(batch)
  }

  #seal({ bytes, from, to }: Mutable): void {
    const view = new DataView(bytes.buffer, from)
    view.setInt32(8, to - from - 12)
    view.setUint32(CRC_AT, crc32c(bytes, from + SUMMED_FROM, to))
  }

  #field(): Uint8Array | undefined {
    const { below } = this.random
    const length = below(8) === 0 ? below(200) : below(12)
    return below(4) === 0 ? undefined : new Uint8Array(length).fill(below(256))
  }

  /** Changes what the checksum covers and mostly makes length and checksum right again. */
  #mutate(batch: Mutable): void {
    const { below } = this.random
    const { bytes, from } = batch
    const body = { bytes, from: from + (below(2) === 0 ? SUMMED_FROM : HEADER_BYTES), to: batch.to }
    for (let left = 1 + below(3); left > 0; left--) mutate(this.random, body)
    batch.to = Math.max(body.to, body.from)
    if (below(4) > 0) this.#seal(batch)
  }
}
