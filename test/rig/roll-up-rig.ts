import { RecordReader } from '../../src/evaluate/panes/record-reader.ts'
import { HourFold } from '../../src/evaluate/rollup/hour-fold.ts'
import {
  RollUpPartition,
  type Made,
  type RollUpCheckpoint,
} from '../../src/evaluate/rollup/roll-up-partition.ts'
import { compileMonitor } from '../../src/evaluate/compiled-monitor.ts'
import type { MonitorSpec } from '../../src/model/monitor.ts'
import type { RollUp, SiteMinute } from '../../src/model/roll-up.ts'

type PaneRow = { readonly key: Uint8Array; readonly value: Uint8Array }

/** The fold from panes to minutes and hours without a log. */
export class RollUpRig {
  readonly #monitors: readonly MonitorSpec[]
  readonly #panes: readonly PaneRow[]
  #partition: RollUpPartition
  readonly minutes: RollUp[] = []
  readonly hours: RollUp[] = []
  readonly sites: SiteMinute[] = []
  readonly #fold: HourFold
  #next = 0

  constructor(monitors: readonly MonitorSpec[], panes: readonly PaneRow[]) {
    this.#monitors = monitors
    this.#panes = panes
    this.#partition = this.#fresh()
    const compiled = new Map(monitors.map((spec) => [spec.id, compileMonitor(spec)]))
    this.#fold = new HourFold((id) => compiled.get(id))
  }

  get outcomes(): Readonly<Record<string, number>> {
    return this.#partition.outcomes
  }

  /** Folds the panes up to this one. */
  foldTo(end = this.#panes.length): this {
    for (; this.#next < end; this.#next++) this.#read(this.#next, false)
    return this
  }

  /** Everything is forgotten but a checkpoint, as it comes back from the log. */
  restart(): this {
    const checkpoint: RollUpCheckpoint = JSON.parse(
      JSON.stringify(this.#partition.dump(this.#next)),
    )
    this.#partition = this.#fresh()
    this.#partition.load(checkpoint)
    for (let i = checkpoint.rebuildFrom; i < this.#next; i++) this.#read(i, true)
    return this
  }

  #fresh(): RollUpPartition {
    const spec = { panesPartitions: 1, absentMs: 30_000, live: false }
    return new RollUpPartition({ ...spec, monitors: this.#monitors }, 0)
  }

  #read(offset: number, isRebuild: boolean): void {
    const { key, value } = this.#panes[offset]!
    const record = new RecordReader(this.#partition.aggregatesOf).read(whole(key), whole(value))
    if (record.kind === 'pane') {
      const arrived = { ...record, offset, appendedAt: 5 }
      if (isRebuild) this.#partition.rebuild(arrived)
      else this.#partition.pane(arrived)
    } else if (record.kind === 'watermark' && !isRebuild) {
      this.#partition.watermark(record.watermark)
      for (const made of this.#partition.due(7)) this.#take(made)
    }
  }

  #take(made: Made): void {
    if (made.kind === 'coverage') this.sites.push(made.minute)
    else if (made.kind === 'rollUp') {
      this.minutes.push(made.rollUp)
      this.#fold.minute(made.rollUp, this.minutes.length)
    } else this.hours.push(...this.#fold.past(made.past, { wall: 7, isQuiet: false }))
  }
}

const whole = (bytes: Uint8Array) => ({ bytes, start: 0, length: bytes.length })
