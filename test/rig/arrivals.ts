/** Things that come from outside, in order, for a test to wait for without asking a clock. */
export class Arrivals<T> {
  readonly items: T[] = []
  #waiting: (() => void)[] = []

  push(item: T): void {
    this.items.push(item)
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  /** The first that fits, from the past too; the test's own time limit is the bound. */
  async first(fits: (item: T) => boolean): Promise<T> {
    for (let next = 0; ; next++) {
      while (next === this.items.length) {
        await new Promise<void>((wake) => this.#waiting.push(wake))
      }
      const item = this.items[next]!
      if (fits(item)) return item
    }
  }
}
