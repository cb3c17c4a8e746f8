import { assert } from '../../../std/assert.ts'
import type { Segment } from './segment.ts'

/** The segments of a partition as another thread opens them, in order of offset. */
export type SegmentNames = {
  readonly layout: number
  /** First offset that may be read. */
  readonly start: number
  readonly segments: readonly {
    readonly base: number
    readonly size: number
    readonly edition: number
  }[]
}

/** The segments of one partition in order of offset, the last one active. */
export class SegmentList {
  readonly #changed: () => void
  #all: readonly Segment[]
  #start: number
  #layout = 0
  #replacing: Promise<void> = Promise.resolve()

  /** `changed` is called when the layout is another one, before anything is removed. */
  constructor(
    { segments, start }: { readonly segments: readonly Segment[]; readonly start: number },
    changed: () => void,
  ) {
    this.#all = segments
    this.#start = start
    this.#changed = changed
  }

  get all(): readonly Segment[] {
    return this.#all
  }

  get active(): Segment {
    const active = this.#all.at(-1)
    assert(active !== undefined, 'a partition has a segment')
    return active
  }

  /** First offset that may be read. */
  get start(): number {
    return this.#start
  }

  /** Changes with every segment that comes or goes; odd while one is being replaced. */
  get layout(): number {
    return this.#layout
  }

  /** Bytes of all of them. */
  get bytes(): number {
    return this.#all.reduce((sum, { size }) => sum + size, 0)
  }

  /** From here on `next` is the active one. */
  add(next: Segment): void {
    this.#arrange([...this.#all, next], this.#start)
  }

  /** Takes the oldest ones off the list; their files are still there. */
  takeOldest(count: number): readonly Segment[] {
    const start = this.#all[count]?.base
    assert(start !== undefined, 'the active segment stays')
    const taken = this.#all.slice(0, count)
    this.#arrange(this.#all.slice(count), start)
    return taken
  }

  /**
   * Puts a compacted segment in the place of a sealed one, or nothing: `work` says by `put` from
   * when on it is there. While it works on the disk, nobody in another thread takes the new file
   * for the old one.
   */
  async replace(
    sealed: Segment,
    work: (put: (by: Segment | undefined) => void) => Promise<void>,
  ): Promise<void> {
    const done = Promise.withResolvers<void>()
    this.#replacing = done.promise
    this.#layout++
    this.#changed()
    try {
      await work((by) => {
        this.#all = this.#all.flatMap((segment) =>
          segment !== sealed ? [segment] : by === undefined ? [] : [by],
        )
      })
    } finally {
      this.#layout++
      this.#changed()
      done.resolve()
    }
  }

  /** For readers in other threads; waits while a segment is being replaced. */
  async names(): Promise<SegmentNames> {
    while (this.#layout % 2 === 1) await this.#replacing
    const segments = this.#all.map(({ base, size, edition }) => ({ base, size, edition }))
    return { layout: this.#layout, start: this.#start, segments }
  }

  #arrange(all: readonly Segment[], start: number): void {
    this.#all = all
    this.#start = start
    this.#layout += 2
    this.#changed()
  }
}
