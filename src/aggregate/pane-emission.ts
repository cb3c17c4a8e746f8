import { utf8 } from '../std/bytes.ts'
import { paneFormat, type PaneFacts } from '../wire/pane-writer.ts'
import type { PaneBlock } from './pane-block.ts'
import type { SharedFold } from './shared-fold.ts'
import { PARTS, type Slice } from './state/slice.ts'
import { cell, lane } from './state/slot-store.ts'

/** Where a source stands when its panes leave. */
export type EmissionTurn = {
  readonly site: string
  readonly number: number
  readonly watermark: number
  /** Which parts of the groups show panes of open slices, a bit for each (P5). */
  readonly shown: number
}

const ALL_PARTS = 2 ** PARTS - 1

type Room = { readonly block: PaneBlock; readonly bytesMax: number }
type SlotsTurn = Room & {
  readonly turn: EmissionTurn
  readonly slots: Int32Array
  readonly count: number
}
/** Without room nothing is written: the panes are in the log already. */
type Leaving = {
  readonly room: Room | undefined
  readonly turn: EmissionTurn
  readonly closes: boolean
  readonly parts: number
}
type Run = {
  readonly slice: Slice
  readonly slots: Int32Array
  readonly count: number
  readonly index: number
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

// Constants rather than properties, as in `shared-fold.ts`.
const { rows: ROWS, readAt: READ_AT, appendedMax: APPENDED_MAX } = lane
const { group: GROUP, flags: FLAGS, eventMax: EVENT_MAX, late: LATE } = cell
const { closed: CLOSED, inexact: INEXACT } = paneFormat
/** Flags of a pane by those of its slot, but for the changed one. */
const PANE_FLAGS = [
  0,
  paneFormat.spread,
  paneFormat.sampled,
  paneFormat.spread | paneFormat.sampled,
]

/** Writes the panes of one fold: those that close, and those that changed (P1, P2, P5). */
export class PaneEmission {
  readonly #fold: SharedFold
  readonly #partition: number
  readonly #emitMs: number
  /** The newest turn that was shown, as a number of such turns since 1970. */
  #turn = -Infinity
  /** By monitor: what every key of its panes begins with. */
  readonly #prefixes: readonly Uint8Array[]
  readonly #facts: Mutable<PaneFacts> = {
    rev: 0,
    late: 0,
    eventMax: 0,
    readAt: 0,
    appendedMax: 0,
    flags: 0,
    stateCount: 0,
  }

  constructor(
    fold: SharedFold,
    { partition, emitMs }: { readonly partition: number; readonly emitMs: number },
  ) {
    this.#fold = fold
    this.#partition = partition
    this.#emitMs = emitMs
    this.#prefixes = fold.monitors.map(({ spec }) => utf8(`${spec.id}\0`))
  }

  /** Whose open slices are shown at this wall time: each group once in every `emit` (P5). */
  shownAt(now: number): number {
    if (this.#emitMs === Infinity) return 0
    if (this.#emitMs === 0) return ALL_PARTS
    const turn = Math.floor((now * PARTS) / this.#emitMs)
    const passed = turn - this.#turn
    this.#turn = turn
    // A clock that was set back shows all of them, once.
    if (passed < 0 || passed >= PARTS) return ALL_PARTS
    let parts = 0
    for (let i = 0; i < passed; i++) parts |= 1 << ((turn - i) % PARTS)
    return parts
  }

  /** Whether anything is to leave or to be let go of. */
  isDue({ number, watermark }: EmissionTurn): boolean {
    const slices = this.#fold.store.sites[number]
    return slices !== undefined && (slices.changed.length > 0 || slices.isMovedBy(watermark))
  }

  /** Whether panes of open slices wait for the next time that they are shown. */
  isWaiting(number: number): boolean {
    const slices = this.#fold.store.sites[number]
    return this.#emitMs < Infinity && slices !== undefined && slices.changed.length > 0
  }

  /** What `write` does but for the writing, where panes of closed slices are in the log already. */
  settle(turn: Omit<EmissionTurn, 'shown'>): void {
    for (const _full of this.#leave({ ...turn, shown: 0 }, undefined));
  }

  /**
   * Writes all that is due at this watermark, and lets go of slices beyond correction. Yields
   * whenever the block holds `bytesMax`: then the caller takes what is in it.
   */
  write(turn: EmissionTurn, room: Room): Generator<void> {
    return this.#leave(turn, room)
  }

  *#leave(turn: EmissionTurn, room: Room | undefined): Generator<void> {
    const { store } = this.#fold
    const slices = store.site(turn.number)
    const { changed } = slices
    slices.changed = []
    for (const slice of changed) {
      const closes = !slice.closed && slices.verdict(slice, turn.watermark) !== 'open'
      const parts = closes || slice.closed ? ALL_PARTS : turn.shown
      if (parts !== 0) yield* this.#leaveSlice(slice, { room, turn, closes, parts })
      if (slice.changedCount > 0) slices.changed.push(slice)
    }
    for (;;) {
      const slice = slices.takeClosing(turn.watermark)
      if (slice === undefined) break
      if (!slice.closed) {
        yield* this.#leaveSlice(slice, { room, turn, closes: true, parts: ALL_PARTS })
      }
    }
    for (;;) {
      const slice = slices.takeGone(turn.watermark)
      if (slice === undefined) break
      store.release(slice)
    }
  }

  *#leaveSlice(slice: Slice, { room, turn, closes, parts }: Leaving): Generator<void> {
    const { integers } = this.#fold.store.slots
    if (closes) slice.closed = true
    const changed = parts === ALL_PARTS ? slice.changedCount : slice.bringForward(parts, integers)
    const slots = closes ? slice.slots : slice.changed
    const count = closes ? slice.count : changed
    if (room !== undefined) yield* this.#writeSlots(slice, { ...room, turn, slots, count })
    slice.settle(changed, integers)
  }

  *#writeSlots(slice: Slice, some: SlotsTurn): Generator<void> {
    const { turn, slots, count, block, bytesMax } = some
    for (const [index, { spec }] of this.#fold.monitors.entries()) {
      block.panes.frame({
        definition: spec.definition,
        site: turn.site,
        partition: this.#partition,
        start: slice.start,
        length: slice.end - slice.start,
      })
      for (let next = 0; next < count;) {
        next = this.#writeRun({ slice, slots, count, index }, next, { block, bytesMax })
        if (block.length >= bytesMax) yield
      }
    }
  }

  /** Writes one monitor's panes from a slot on until the block is full; answers how far it came. */
  #writeRun({ slice, slots, count, index }: Run, from: number, { block, bytesMax }: Room): number {
    const { groups, monitors, store } = this.#fold
    const { columns } = monitors[index]!
    const prefix = this.#prefixes[index]!
    const { numbers, integers } = store.slots
    const { panes } = block
    const facts = this.#facts
    facts.stateCount = columns.length
    let next = from
    for (; next < count && block.length < bytesMax; next++) {
      const slot = slots[next]!
      const head = slot * 2
      block.openKey()
      panes.bytes.raw(prefix)
      groups.writeText(integers[head + GROUP]!, panes.bytes)
      block.openValue()
      facts.rev = numbers[slot + ROWS]!
      facts.late = integers[head + LATE]!
      facts.eventMax = slice.start + integers[head + EVENT_MAX]!
      facts.readAt = numbers[slot + READ_AT]!
      facts.appendedMax = numbers[slot + APPENDED_MAX]!
      let flags = PANE_FLAGS[integers[head + FLAGS]! >> 1]!
      if (slice.closed) flags |= CLOSED
      for (const column of columns) if (!column.isExact(slot)) flags |= INEXACT
      facts.flags = flags
      panes.open(facts)
      for (const column of columns) column.write(slot, panes)
    }
    return next
  }
}
