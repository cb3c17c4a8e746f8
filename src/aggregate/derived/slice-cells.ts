import { sliceStart } from '../../window/slice.ts'
import type { FieldBatch } from '../rows/field-batch.ts'
import type { RowFacts } from '../rows/row-facts.ts'

/** So few are searched one by one. */
const SEARCHED_MAX = 8
/** More than any number of a site. */
const SITES_END = 1024

/**
 * Which slice each row of the batch in hand falls into, for all monitors with slices of one length:
 * a *cell* is a slice of a site that has rows in the batch, numbered from 0 in order of sight.
 */
export class SliceCells {
  readonly sliceMs: number
  readonly #batch: FieldBatch
  readonly #tsField: number
  /** By row. */
  cells = new Int32Array(0)
  /** By cell. */
  starts: number[] = []
  sites: number[] = []
  readonly #cellBySlice = new Map<number, number>()
  #serial = -1

  constructor(sliceMs: number, batch: FieldBatch) {
    this.sliceMs = sliceMs
    this.#batch = batch
    this.#tsField = batch.field('ts')
  }

  /** Places the batch's rows, once a batch. */
  take(facts: RowFacts): this {
    if (this.#serial === facts.serial) return this
    this.#serial = facts.serial
    this.starts.length = 0
    this.sites.length = 0
    this.#cellBySlice.clear()
    if (this.cells.length < facts.watermarks.length) {
      this.cells = new Int32Array(facts.watermarks.length)
    }
    const { rows, count, sites } = facts
    const { cells, sliceMs } = this
    const ts = this.#batch.numbers[this.#tsField]!
    // Most rows fall where the one before them fell.
    let [cell, site, start, end] = [0, -1, 0, 0]
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const at = ts[row]!
      if (at < start || at >= end || sites[row] !== site) {
        site = sites[row]!
        cell = this.#cellOf(at, site)
        start = this.starts[cell]!
        end = start + sliceMs
      }
      cells[row] = cell
    }
    return this
  }

  #cellOf(ts: number, site: number): number {
    const { starts, sites } = this
    const start = sliceStart(ts, this.sliceMs)
    const count = starts.length
    if (count <= SEARCHED_MAX) {
      for (let cell = count - 1; cell >= 0; cell--) {
        if (starts[cell] === start && sites[cell] === site) return cell
      }
    }
    const slice = (start / this.sliceMs) * SITES_END + site
    const known = this.#cellBySlice.get(slice)
    if (known !== undefined) return known
    this.#cellBySlice.set(slice, count)
    starts.push(start)
    sites.push(site)
    return count
  }
}
