import { PartitionFold, type Refusal } from '../../src/aggregate/partition-fold.ts'
import type { Checkpoint } from '../../src/evaluate/checkpoint.ts'
import { PartitionEvaluator } from '../../src/evaluate/partition-evaluator.ts'
import type { RulesInForce } from '../../src/evaluate/rules-in-force.ts'
import { RecordReader } from '../../src/evaluate/panes/record-reader.ts'
import type { Results } from '../../src/evaluate/results.ts'
import type { Command } from '../../src/model/command.ts'
import type { MonitorSpec } from '../../src/model/monitor.ts'
import type { Step } from '../../src/model/step.ts'
import type { WindowResult } from '../../src/model/window-result.ts'
import { utf8 } from '../../src/std/bytes.ts'
import { partitionOf } from '../../src/std/hash.ts'
import { rowColumns } from './row-columns.ts'

/** A record of `panes` by its offset; `rebuild` takes it in without judging it. */
type JudgedAt = number | { readonly offset: number; readonly rebuild: boolean }

type PaneRow = { readonly key: Uint8Array; readonly value: Uint8Array }
export type Row = {
  readonly ts: number
  readonly stream: string
  readonly [field: string]: unknown
}

/** The pure middle of Nocturne without a log: rows in, windows and steps out. */
export class Pipeline {
  readonly partitions: number
  readonly live: boolean
  readonly #monitors: readonly MonitorSpec[]
  readonly #folds: PartitionFold[]
  readonly #offsets: number[]
  /** Every record of the one `panes` partition, so that a restart can read it again. */
  readonly panes: PaneRow[] = []
  evaluator: PartitionEvaluator
  readonly windows = new Map<string, WindowResult>()
  readonly issued: WindowResult[] = []
  readonly steps: Step[] = []
  readonly refusals: Refusal[] = []
  appendedAt = 4_000_000_000_000

  constructor(
    monitors: readonly MonitorSpec[],
    given: { readonly partitions?: number; readonly live?: boolean; readonly site?: string } = {},
  ) {
    const { partitions = 1, live = false, site = 'here' } = given
    this.partitions = partitions
    this.live = live
    this.#monitors = monitors
    const spec = { site, monitors, partitions, panesPartitions: 1, skewMs: 5000, early: live }
    this.#folds = Array.from({ length: partitions }, (_, i) => new PartitionFold(spec, i))
    this.#offsets = this.#folds.map(() => 0)
    this.evaluator = this.freshEvaluator()
  }

  freshEvaluator(inForce?: RulesInForce): PartitionEvaluator {
    const { live } = this
    const spec = { monitors: this.#monitors, panesPartitions: 1, absentMs: 30_000, live }
    return new PartitionEvaluator(inForce === undefined ? spec : { ...spec, inForce }, 0)
  }

  /** Goes on with an evaluator that continues from a checkpoint at the newest record. */
  restart(from: Checkpoint, inForce: RulesInForce): void {
    this.evaluator = this.freshEvaluator(inForce)
    this.evaluator.load(from)
    const nowhere = this.#results()
    for (let offset = from.rebuildFrom; offset < from.offset; offset++) {
      this.evaluate(this.evaluator, { offset, rebuild: true }, nowhere)
    }
  }

  partitionOf(stream: string): number {
    return partitionOf(utf8(stream), this.partitions)
  }

  /** Folds rows of one partition as one batch. */
  push(partition: number, rows: readonly (Row | string)[]): void {
    const fold = this.#folds[partition]!
    const base = this.#offsets[partition]!
    this.#offsets[partition] = base + rows.length
    const columns = rowColumns(rows, { base, appendedAt: this.appendedAt })
    this.refusals.push(...fold.fold(columns, this.appendedAt))
    for (const record of fold.emit(this.appendedAt)) this.feed(record)
  }

  /** A heartbeat to every partition, for one site. */
  beat(ts: number, given: { readonly site?: string; readonly final?: number } = {}): void {
    for (let partition = 0; partition < this.partitions; partition++) {
      this.push(partition, [{ v: 1, ts, stream: '-', src: 'beat', ...given }])
    }
  }

  /** A clock record of the owner, with the commands that it puts in force. */
  clock(at: number, commands: readonly Command[] = [], epoch = 1): void {
    const results = this.#results()
    const commands_to = this.evaluator.commandsTo + commands.length
    const clock = { v: 1, site: 'clock', partition: 0, epoch, commands_to, at } as const
    this.evaluator.clock(clock, commands, results)
    this.#keep(results)
  }

  feed({ key, value }: PaneRow): void {
    const results = this.#results()
    // As a log would: the fold writes its next panes over these.
    const kept = { key: key.slice(), value: value.slice() }
    this.evaluate(this.evaluator, this.panes.push(kept) - 1, results)
    this.#keep(results)
  }

  /** Lets an evaluator judge (or, with `rebuild`, only take in) one record of `panes`. */
  evaluate(evaluator: PartitionEvaluator, at: JudgedAt, results: Results): void {
    const { offset, rebuild = false } = typeof at === 'number' ? { offset: at } : at
    const { key, value } = this.panes[offset]!
    const record = new RecordReader(evaluator.aggregatesOf).read(whole(key), whole(value))
    const facts = { offset, appendedAt: this.appendedAt }
    if (record.kind === 'pane' && rebuild) evaluator.rebuild({ ...record, ...facts })
    else if (record.kind === 'pane') evaluator.pane({ ...record, ...facts }, results)
    else if (record.kind === 'watermark' && !rebuild) {
      evaluator.watermark(record.watermark, results)
    } else if (record.kind === 'fact' && !rebuild) evaluator.fact(record.fact)
  }

  #results(): Results {
    return { windows: [], steps: [], wall: this.appendedAt }
  }

  #keep({ windows, steps }: Results): void {
    for (const { window } of windows) {
      this.issued.push(window)
      const held = this.windows.get(window.id)
      if (held === undefined || window.rev > held.rev) this.windows.set(window.id, window)
    }
    this.steps.push(...steps)
  }
}

const whole = (bytes: Uint8Array) => ({ bytes, start: 0, length: bytes.length })
