/** How often each kind of thing happened. */
export class Tally {
  readonly counts = new Map<string, number>()

  add(what: string, count = 1): void {
    if (count > 0) this.counts.set(what, (this.counts.get(what) ?? 0) + count)
  }

  /** Takes in what another one counted. */
  addAll(other: Tally): void {
    for (const [what, count] of other.counts) this.add(what, count)
  }

  get lines(): readonly string[] {
    return [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, n]) => `${what}: ${n}`)
  }
}
