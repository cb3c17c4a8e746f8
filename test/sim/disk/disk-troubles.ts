import type { Tally } from '../core/tally.ts'

/** What the log may ask of a disk. */
export type DiskOp =
  | 'open'
  | 'create'
  | 'read'
  | 'write'
  | 'datasync'
  | 'truncate'
  | 'size'
  | 'close'
  | 'list'
  | 'makeFolder'
  | 'rename'
  | 'unlink'
  | 'syncFolder'
  | 'space'

/**
 * What goes wrong: the call fails; or a sync fails after the system has let the pages go, as Linux
 * does; or a write takes only some of its bytes; or the call takes long.
 */
export type TroubleKind = 'eio' | 'lost-sync' | 'short-write' | 'slow'

export type Trouble = {
  readonly kind: TroubleKind
  readonly ops: readonly DiskOp[]
  /** Calls that it hits, and until when there is anything to hit. */
  readonly count: number
  readonly untilUs: number
  /** How long a slow call takes. */
  readonly us?: number
}

/** The troubles of one disk; each is over when it has hit so many calls, or by time. */
export class DiskTroubles {
  readonly #tally: Tally
  #active: { readonly trouble: Trouble; left: number }[] = []

  constructor(tally: Tally) {
    this.#tally = tally
  }

  begin(trouble: Trouble): void {
    this.#active.push({ trouble, left: trouble.count })
  }

  /** What becomes of a call that is made now, counted as having happened. */
  hit(op: DiskOp, nowUs: number): Trouble | undefined {
    if (this.#active.length === 0) return undefined
    this.#active = this.#active.filter(({ trouble, left }) => left > 0 && trouble.untilUs > nowUs)
    const found = this.#active.find(({ trouble }) => trouble.ops.includes(op))
    if (found === undefined) return undefined
    found.left--
    const { kind } = found.trouble
    this.#tally.add(kind === 'eio' ? `eio ${op}` : kind)
    return found.trouble
  }
}
