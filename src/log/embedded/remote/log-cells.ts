// What other threads have to know of a partition at every turn lies in shared memory: a line of
// eight 64-bit cells each. Only the thread that writes the log writes them.
//
//   0 version · 1 2 3 and 4 5 6 two slots of layout, end, bytes; version & 1 names the newer one
//
// A change is written into the older slot before the version names it. A reader that finds the
// same version before and after has read a slot that nobody wrote meanwhile; it never waits for
// a writer, and a writer never for a reader.

const LINE_CELLS = 8
const SLOT_CELLS = 3

/** How far a partition can be read, and which files that are. */
export type CellState = {
  /** Changes whenever a segment is added, removed or replaced; odd while one is being replaced. */
  readonly layout: number
  /** The next offset that readers will get. */
  readonly end: number
  /** Bytes of the active segment that may be read. */
  readonly bytes: number
}

/** A state as it was read: `version` tells whether there is a newer one. */
export type ReadState = CellState & { readonly version: bigint }

/** One line a partition, by number. */
export class LogCells {
  readonly memory: SharedArrayBuffer
  readonly #cells: BigInt64Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#cells = new BigInt64Array(memory)
  }

  static ofPartitions(count: number): LogCells {
    return new LogCells(new SharedArrayBuffer(count * LINE_CELLS * BigInt64Array.BYTES_PER_ELEMENT))
  }

  /** Shows a state to all threads and wakes those who wait on the line. */
  write(line: number, { layout, end, bytes }: CellState): void {
    const at = line * LINE_CELLS
    const version = Atomics.load(this.#cells, at) + 1n
    const slot = slotOf(at, version)
    Atomics.store(this.#cells, slot, BigInt(layout))
    Atomics.store(this.#cells, slot + 1, BigInt(end))
    Atomics.store(this.#cells, slot + 2, BigInt(bytes))
    Atomics.store(this.#cells, at, version)
    Atomics.notify(this.#cells, at)
  }

  read(line: number): ReadState {
    const at = line * LINE_CELLS
    for (;;) {
      const version = Atomics.load(this.#cells, at)
      const slot = slotOf(at, version)
      const layout = Number(Atomics.load(this.#cells, slot))
      const end = Number(Atomics.load(this.#cells, slot + 1))
      const bytes = Number(Atomics.load(this.#cells, slot + 2))
      if (Atomics.load(this.#cells, at) === version) return { version, layout, end, bytes }
    }
  }

  /** Resolves once the line has another version; at once where it has already. */
  async changed(line: number, version: bigint): Promise<void> {
    const waiting = Atomics.waitAsync(this.#cells, line * LINE_CELLS, version)
    if (waiting.async) await waiting.value
  }
}

const slotOf = (at: number, version: bigint): number => at + 1 + SLOT_CELLS * Number(version & 1n)
