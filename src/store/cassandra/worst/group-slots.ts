/** Filled less than this, so that a look-up meets few others. */
const LOAD_MAX = 0.5
const EMPTY = -1

/**
 * Small numbers for the groups of one monitor, kept over many questions: a table of open addressing
 * over the bits of the hashes, five times as fast as a Map of numbers where thirty thousand are
 * looked up for one answer.
 */
export class GroupSlots {
  readonly hashes: number[] = []
  #keys = new Float64Array(1_024)
  #slots = new Int32Array(1_024).fill(EMPTY)
  readonly #probe = new Float64Array(1)
  readonly #probeBits = new Uint32Array(this.#probe.buffer)

  /** The slot of a hash, a new one where it has none. */
  of(hash: number): number {
    this.#probe[0] = hash
    const at = this.#placeOf(hash, this.#probeBits[0]!, this.#probeBits[1]!)
    const slot = this.#slots[at]!
    if (slot !== EMPTY) return slot
    this.#keys[at] = hash
    this.#slots[at] = this.hashes.length
    this.hashes.push(hash)
    if (this.hashes.length > LOAD_MAX * this.#slots.length) this.#grow()
    return this.hashes.length - 1
  }

  #placeOf(hash: number, low: number, high: number): number {
    const mask = this.#slots.length - 1
    let at = (Math.imul(low ^ high, 0x9e3779b1) >>> 7) & mask
    while (this.#slots[at] !== EMPTY && this.#keys[at] !== hash) at = (at + 1) & mask
    return at
  }

  #grow(): void {
    this.#keys = new Float64Array(2 * this.#keys.length)
    this.#slots = new Int32Array(this.#keys.length).fill(EMPTY)
    for (const [slot, hash] of this.hashes.entries()) {
      this.#probe[0] = hash
      const at = this.#placeOf(hash, this.#probeBits[0]!, this.#probeBits[1]!)
      this.#keys[at] = hash
      this.#slots[at] = slot
    }
  }
}
