import type { LogBatch } from '../../../src/log/log.ts'
import { decodePanesRecord } from '../../../src/wire/pane-codec.ts'
import { Violation, type Acked, type Commit, type LedgerReader } from './ledger.ts'
import { bytesAt } from './log-contents.ts'
import { RowFold, sliceKey, type FoldFacts, type ReadingRecord } from './row-fold.ts'

type Partition = {
  readonly fold: RowFold
  /** Everything before this offset was folded; rows from there on wait. */
  next: number
  readonly waiting: Map<number, ReadingRecord>
}

/**
 * Holds the aggregate reader to D2 at every commit: of each slice that a row before the position
 * went into, a pane with all its rows up to there must have been acknowledged.
 */
export class PaneWatch implements LedgerReader {
  readonly #facts: FoldFacts
  readonly #partitions = new Map<number, Partition>()
  /** By partition and slice: the highest revision of a pane that was acknowledged. */
  readonly #revs = new Map<string, number>()

  constructor(facts: FoldFacts) {
    this.#facts = facts
  }

  delivered(group: string | undefined, batch: LogBatch): void {
    if (group !== 'aggregate') return
    const { next, waiting } = this.#partition(batch.partition)
    for (let row = 0; row < batch.count; row++) {
      const offset = batch.offsets[row]!
      const value = bytesAt(batch.values, row)
      if (offset >= next) waiting.set(offset, { offset, time: batch.times[row]!, value })
    }
  }

  acked({ topic, rows }: Acked): void {
    if (topic !== 'panes') return
    for (const record of rows) {
      const decoded = decodePanesRecord(record)
      if (decoded.kind !== 'pane') continue
      const { monitor, partition, site, group, start, rev } = decoded.pane
      const slice = sliceKey(monitor, { site, group: JSON.stringify(group), start })
      const key = `${partition}|${slice}`
      this.#revs.set(key, Math.max(rev, this.#revs.get(key) ?? 0))
    }
  }

  commit({ group, partition, offset }: Commit): void {
    if (group !== 'aggregate') return
    const here = this.#partition(partition)
    const touched = new Set<string>()
    for (; here.next < offset; here.next++) {
      const record = here.waiting.get(here.next)
      if (record === undefined) throw new Violation(`${here.next} was committed and never read`)
      here.waiting.delete(here.next)
      for (const slice of here.fold.add(record)) touched.add(slice)
    }
    for (const slice of touched) {
      const rows = here.fold.rowsBySlice.get(slice) ?? 0
      const rev = this.#revs.get(`${partition}|${slice}`) ?? 0
      if (rev >= rows) continue
      const where = `readings/${partition} stands at ${offset}`
      throw new Violation(`${where}, and of ${slice} ${rev} rows of ${rows} are in a pane`)
    }
  }

  #partition(number: number): Partition {
    let partition = this.#partitions.get(number)
    if (partition === undefined) {
      partition = { fold: new RowFold(this.#facts), next: 0, waiting: new Map() }
      this.#partitions.set(number, partition)
    }
    return partition
  }
}
