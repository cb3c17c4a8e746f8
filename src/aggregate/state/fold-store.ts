import type { WindowSpec } from '../../model/monitor.ts'
import { SampleErrors } from './sample-errors.ts'
import { SiteSlices } from './site-slices.ts'
import { Slice } from './slice.ts'
import { cell, SlotStore } from './slot-store.ts'
import type { StateColumn } from './state-column.ts'

/** Slices that are kept for slices to come. */
const SPARE_MAX = 4
/** A store is made smaller once less than one slot in so many is in use. */
const USED_SHARE_MIN = 4
/** A store with room for so few slots is left as it is. */
const SLOTS_KEPT = 1024

/** The slices of one fold with their slots, and what stands in them: what it keeps of its rows. */
export class FoldStore {
  readonly slots: SlotStore
  readonly errors: SampleErrors
  /** By number of the site. */
  readonly sites: (SiteSlices | undefined)[] = []
  /** Whoever adds a column must have given its lanes to the slots. */
  readonly columns: StateColumn[] = []
  readonly #window: WindowSpec
  readonly #spare: Slice[] = []

  /** `lanes` as `SlotStore` takes them; `totals` says how many sums and counts there are. */
  constructor(
    window: WindowSpec,
    { lanes, totals }: { readonly lanes: readonly number[]; readonly totals: number },
  ) {
    this.#window = window
    this.slots = new SlotStore(lanes)
    this.errors = new SampleErrors(this.slots, totals)
  }

  site(site: number): SiteSlices {
    return (this.sites[site] ??= new SiteSlices(this.#window))
  }

  /** Begins a slice of a site that has none there. */
  open(site: number, span: { readonly start: number; readonly end: number }): Slice {
    const slices = this.site(site)
    const slice = this.#spare.pop() ?? new Slice()
    slice.begin(span, slices.all.at(-1)?.count ?? 0)
    slices.insert(slice)
    return slice
  }

  /** Lets go of a slice that was taken out of its site's. */
  release(slice: Slice): void {
    for (const column of this.columns) column.release(slice.slots, slice.count)
    this.errors.release(slice.slots, slice.count)
    this.slots.release(slice.slots, slice.count)
    if (this.#spare.length < SPARE_MAX) this.#spare.push(slice)
    const { count, capacity } = this.slots
    if (capacity > SLOTS_KEPT && count * USED_SHARE_MIN < capacity) this.#renew()
  }

  /** Serial of the oldest batch that a slice still needs, or Infinity (D3). */
  oldestSerial(): number {
    let oldest = Infinity
    for (const { openedIn } of this.#slices()) oldest = Math.min(oldest, openedIn)
    return oldest
  }

  /** Marks the groups that have a slot. */
  markGroups(isUsed: Uint8Array): void {
    const { integers } = this.slots
    for (const slot of this.#allSlots()) isUsed[integers[slot * 2 + cell.group]!] = 1
  }

  /** Gives every slot the new number of its group. */
  renumber(numbers: Int32Array): void {
    const { integers } = this.slots
    for (const slot of this.#allSlots()) {
      const group = slot * 2 + cell.group
      integers[group] = numbers[integers[group]!]!
    }
    for (const slice of this.#slices()) slice.rehash(integers)
  }

  /** Moves everything into less room, slices one behind another. */
  #renew(): void {
    const before = this.slots.renew()
    for (const slice of this.#slices()) {
      for (let i = 0; i < slice.count; i++) {
        slice.slots[i] = this.slots.adopt(slice.slots[i]!, before)
      }
      slice.rehash(this.slots.integers)
    }
    for (const column of this.columns) column.renew(this.#allSlots())
    this.errors.renew(this.#allSlots())
  }

  *#slices(): Iterable<Slice> {
    for (const site of this.sites) if (site !== undefined) yield* site.all
  }

  *#allSlots(): Iterable<number> {
    for (const slice of this.#slices()) yield* slice.slots.subarray(0, slice.count)
  }
}
