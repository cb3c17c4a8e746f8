const ENTRIES_MIN = 64
/** First, second, number + 1 (0 where free), and nothing: four to a quarter of a cache line. */
const ENTRY = 4

/**
 * Numbers pairs of integers from 0 in order of first sight. Open addressing with linear probing, at
 * most half full; the hash is Fibonacci's by one multiplication for each part.
 */
export class PairNumbers {
  size = 0
  #entries = new Int32Array(ENTRIES_MIN * ENTRY)

  numberOf(first: number, second: number): number {
    const entries = this.#entries
    const mask = entries.length / ENTRY - 1
    let at = hashOf(first, second) & mask
    for (;;) {
      const entry = at * ENTRY
      const held = entries[entry + 2]!
      if (held === 0) break
      if (entries[entry] === first && entries[entry + 1] === second) return held - 1
      at = (at + 1) & mask
    }
    const entry = at * ENTRY
    entries[entry] = first
    entries[entry + 1] = second
    entries[entry + 2] = ++this.size
    if (this.size * 2 > mask) this.#grow()
    return this.size - 1
  }

  #grow(): void {
    const before = this.#entries
    const entries = new Int32Array(before.length * 2)
    const mask = entries.length / ENTRY - 1
    for (let from = 0; from < before.length; from += ENTRY) {
      if (before[from + 2] === 0) continue
      let at = hashOf(before[from]!, before[from + 1]!) & mask
      while (entries[at * ENTRY + 2] !== 0) at = (at + 1) & mask
      for (let i = 0; i < ENTRY; i++) entries[at * ENTRY + i] = before[from + i]!
    }
    this.#entries = entries
  }
}

function hashOf(first: number, second: number): number {
  const mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
