/** What readers write of how far they have come: totals, and facts by partition. */
type ProgressFields = Readonly<Record<string, number | Map<number, unknown>>>

/** What became of one progress object since the last report, as it crosses threads. */
export type ProgressChange = Readonly<
  Record<string, number | readonly (readonly [partition: number, fact: unknown])[]>
>

/** Facts by partition that remembers which of them were set since they were taken. */
export class ReportedMap<Fact> extends Map<number, Fact> {
  readonly #touched = new Set<number>()
  readonly #onSet: () => void

  constructor(onSet: () => void) {
    super()
    this.#onSet = onSet
  }

  override set(partition: number, fact: Fact): this {
    super.set(partition, fact)
    this.#touched.add(partition)
    this.#onSet()
    return this
  }

  override delete(partition: number): boolean {
    this.#touched.add(partition)
    this.#onSet()
    return super.delete(partition)
  }

  /** What was set since, and undefined for what was deleted. */
  takeTouched(): readonly (readonly [number, unknown])[] {
    const touched = [...this.#touched].map((key) => [key, this.get(key)] as const)
    this.#touched.clear()
    return touched
  }
}

/**
 * Takes what changed: totals as differences, facts by the partitions that were set. So the facts
 * of a partition that has gone to another thread never hide what that thread says of it.
 */
export class ProgressReport {
  readonly #progress: ProgressFields
  readonly #told = new Map<string, number>()

  constructor(progress: ProgressFields) {
    this.#progress = progress
  }

  take(): ProgressChange {
    const change: Record<string, ProgressChange[string]> = {}
    for (const [name, value] of Object.entries(this.#progress)) {
      if (typeof value !== 'number') {
        change[name] = value instanceof ReportedMap ? value.takeTouched() : []
        continue
      }
      change[name] = value - (this.#told.get(name) ?? 0)
      this.#told.set(name, value)
    }
    return change
  }
}

/** Adds a change that another thread took to the progress of all. */
export function applyChange(progress: object, change: ProgressChange): void {
  for (const [name, value] of Object.entries(change)) {
    const held: unknown = Reflect.get(progress, name)
    if (typeof value === 'number') {
      Reflect.set(progress, name, (typeof held === 'number' ? held : 0) + value)
      continue
    }
    if (!(held instanceof Map)) continue
    for (const [partition, fact] of value) {
      if (fact === undefined) held.delete(partition)
      else held.set(partition, fact)
    }
  }
}
