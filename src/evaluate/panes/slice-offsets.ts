/**
 * Where the records of each slice begin in the `panes` partition, so that a rebuild knows from
 * where on it finds all that is still needed (A74). A record that a higher revision has replaced
 * counts too: that only has a rebuild begin a little earlier.
 */
export class SliceOffsets {
  readonly #firstByStart = new Map<number, number>()
  #oldest: number | undefined

  /** A record of a slice that starts here was kept. */
  note(start: number, offset: number): void {
    const first = this.#firstByStart.get(start)
    if (first !== undefined && first <= offset) return
    this.#firstByStart.set(start, offset)
    this.#oldest = undefined
  }

  /** Slices that start at or before this were let go. */
  forget(startMax: number): void {
    for (const start of this.#firstByStart.keys()) {
      if (start > startMax) continue
      this.#firstByStart.delete(start)
      this.#oldest = undefined
    }
  }

  /** The first record of all slices, or Infinity. */
  get oldest(): number {
    if (this.#oldest === undefined) {
      this.#oldest = Infinity
      for (const first of this.#firstByStart.values()) this.#oldest = Math.min(this.#oldest, first)
    }
    return this.#oldest
  }
}
