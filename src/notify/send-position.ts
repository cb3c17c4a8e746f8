/** Notices of this receiver beyond the position: 20,000 bits are 3,336 of a note's bytes. */
const BEYOND_COUNT_MAX = 20_000

type Beyond = {
  readonly offset: number
  /** The highest epoch before it: a restart that begins here judges it alike. */
  readonly epochBefore: number
  isFinished: boolean
}

/**
 * Where one receiver's reader stands in `notices`: the position moves over finished notices in
 * order, and which of those beyond it are finished goes into the note, so a restart repeats
 * nothing but what was in flight (A74).
 */
export class SendPosition {
  /** This receiver's notices from the position on, in order of offset. */
  #beyond: Beyond[] = []
  readonly #byOffset = new Map<number, Beyond>()
  #next: number
  #epoch: number
  /** What the note said of the notices from its position on, until they are read again. */
  readonly #finishedBefore: readonly boolean[]
  #readAgain = 0

  /** `next`: where the log can be read on, which is the position but behind a gap. */
  constructor(position: { readonly offset: number; readonly note: string }, next: number) {
    const note = decodeNote(position.note)
    this.#next = next
    this.#epoch = note.epoch
    // Bits count notices from the noted position: behind a gap none can be placed.
    this.#finishedBefore = next === position.offset ? note.finished : []
  }

  /** The next offset to read. */
  get next(): number {
    return this.#next
  }

  get isFull(): boolean {
    return this.#beyond.length >= BEYOND_COUNT_MAX
  }

  /** A plan owner has begun: notices of lower epochs that follow do not count. */
  begin(epoch: number): void {
    this.#epoch = Math.max(this.#epoch, epoch)
  }

  /**
   * Takes up a notice of this receiver: `finished` where an earlier run has done with it,
   * `fenced` where its plan had lost its place; its successor plans those steps anew (A61).
   */
  add(offset: number, epoch: number): 'unsent' | 'finished' | 'fenced' {
    if (epoch < this.#epoch) return 'fenced'
    const isFinished = this.#finishedBefore[this.#readAgain++] ?? false
    const beyond = { offset, epochBefore: this.#epoch, isFinished }
    this.#beyond.push(beyond)
    this.#byOffset.set(offset, beyond)
    return isFinished ? 'finished' : 'unsent'
  }

  /** All below `next` was read. */
  readTo(next: number): void {
    this.#next = next
  }

  finish(offset: number): void {
    const beyond = this.#byOffset.get(offset)
    if (beyond !== undefined) beyond.isFinished = true
  }

  /** What to commit: all below `offset` is finished. */
  position(): { readonly offset: number; readonly note: string } {
    const open = this.#beyond.findIndex(({ isFinished }) => !isFinished)
    const done = open === -1 ? this.#beyond : this.#beyond.slice(0, open)
    for (const { offset } of done) this.#byOffset.delete(offset)
    this.#beyond = open === -1 ? [] : this.#beyond.slice(open)
    const offset = this.#beyond[0]?.offset ?? this.#next
    return { offset, note: this.#note() }
  }

  #note(): string {
    const bits = new Uint8Array(Math.ceil(this.#beyond.length / 8))
    for (const [i, { isFinished }] of this.#beyond.entries()) {
      if (isFinished) bits[i >> 3]! |= 1 << (i & 7)
    }
    return JSON.stringify({ e: this.#beyond[0]?.epochBefore ?? this.#epoch, f: bits.toBase64() })
  }
}

type SendNote = { readonly epoch: number; readonly finished: readonly boolean[] }

/** A note of another shape says nothing: notices are then repeated, never lost. */
function decodeNote(note: string): SendNote {
  const found = /^\{"e":(\d+),"f":"([A-Za-z0-9+/=]*)"\}$/.exec(note)
  if (found === null) return { epoch: 0, finished: [] }
  const bits = Uint8Array.fromBase64(found[2] ?? '')
  const finished = Array.from({ length: bits.length * 8 }, (_, i) => {
    return ((bits[i >> 3] ?? 0) & (1 << (i & 7))) !== 0
  })
  return { epoch: Number(found[1]), finished }
}
