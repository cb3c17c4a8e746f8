import type { Prng } from '../../../src/std/prng.ts'

type Change = { readonly at: number; readonly bytes: Uint8Array } | { readonly size: number }

/** A growing run of bytes. */
class Extent {
  #bytes = new Uint8Array(1024)
  size = 0

  read(into: Uint8Array, at: number): number {
    const count = Math.max(0, Math.min(into.length, this.size - at))
    into.set(this.#bytes.subarray(at, at + count))
    return count
  }

  apply(change: Change): void {
    if ('size' in change) {
      // What lay beyond reads as zeros, should the file grow again over it.
      if (change.size < this.size) this.#bytes.fill(0, change.size, this.size)
      this.#reserve(change.size)
      this.size = change.size
      return
    }
    this.#reserve(change.at + change.bytes.length)
    this.#bytes.set(change.bytes, change.at)
    this.size = Math.max(this.size, change.at + change.bytes.length)
  }

  become(other: Extent): void {
    this.#bytes = other.#bytes.slice()
    this.size = other.size
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(size, 2 * this.#bytes.length))
    grown.set(this.#bytes.subarray(0, this.size))
    this.#bytes = grown
  }
}

/**
 * One file twice: as the page cache has it, and as the disk would have it after a power cut. What
 * was written since the last sync is known change by change, since a cut may keep some of it.
 */
export class PlatterFile {
  readonly #cached = new Extent()
  readonly #durable = new Extent()
  #unsynced: Change[] = []
  #settledCount = 0

  get size(): number {
    return this.#cached.size
  }

  /** How many changes there were: a sync covers those made before it began. */
  get mark(): number {
    return this.#settledCount + this.#unsynced.length
  }

  read(into: Uint8Array, at: number): number {
    return this.#cached.read(into, at)
  }

  write(bytes: Uint8Array, at: number): void {
    this.#change({ at, bytes: bytes.slice() })
  }

  truncate(size: number): void {
    this.#change({ size })
  }

  /** All changes before the mark are on the disk. */
  sync(mark: number): void {
    for (const change of this.#settle(mark)) this.#durable.apply(change)
  }

  /** A sync that failed: the pages count as clean from now on, and are on no disk. */
  loseUnsynced(mark: number): void {
    this.#settle(mark)
  }

  /** What is left is what was synced, and what chance lets through of the rest. */
  cutPower(random: Prng): void {
    const unsynced = this.#unsynced
    this.#unsynced = []
    this.#settledCount += unsynced.length
    const style = random.below(4)
    const keptCount = random.below(unsynced.length + 1)
    unsynced.forEach((change, i) => {
      if (style === 0) return
      if (style === 1 && random.next() < 0.5) return
      if (style === 2 && i > keptCount) return
      const isTorn = style === 2 && i === keptCount && 'bytes' in change
      this.#durable.apply(isTorn ? torn(change, random) : change)
    })
    this.#cached.become(this.#durable)
  }

  #change(change: Change): void {
    this.#cached.apply(change)
    this.#unsynced.push(change)
  }

  #settle(mark: number): readonly Change[] {
    const settled = this.#unsynced.splice(0, Math.max(0, mark - this.#settledCount))
    this.#settledCount += settled.length
    return settled
  }
}

const torn = ({ at, bytes }: { at: number; bytes: Uint8Array }, random: Prng): Change => ({
  at,
  bytes: bytes.subarray(0, random.below(bytes.length + 1)),
})
