import { reachableFrom, type Claim, type Log, type LogBatch, type TellGap } from '../../log/log.ts'
import type { Command } from '../../model/command.ts'
import type { Clock } from '../../std/clock.ts'
import {
  encodePast,
  encodeRollUp,
  encodeSiteMinute,
  siteMinuteKey,
} from '../../wire/roll-up-codec.ts'
import { CheckpointLog } from '../checkpoint-log.ts'
import { CommandTail } from '../command-tail.ts'
import type { EvaluateSpec } from '../evaluate-spec.ts'
import { bytesAt, RecordReader } from '../panes/record-reader.ts'
import { rulesAt } from '../rule-commands.ts'
import { RulesInForce } from '../rules-in-force.ts'
import { RollUpPartition, type Made, type RollUpCheckpoint } from './roll-up-partition.ts'

/** One turn: small, since whoever judges windows reads in the same thread. */
const TURN_BYTES_MAX = 65_536
/** Roll-ups that are made in one go: a few milliseconds. */
const PIECE_ROWS_MAX = 50
const CHECKPOINT_EVERY_MS = 15_000

/** How far a reader of roll-ups has come; it alone writes. */
export type RollUpProgress = {
  /** Roll-ups in the log. */
  made: number
  /** Groups kept in memory, per partition. */
  readonly groups: Map<number, number>
  /** What became of the records of each partition, by reason. */
  readonly outcomes: Map<number, Readonly<Record<string, number>>>
  /** Per partition: everything before this offset was folded, and what came of it appended. */
  readonly next: Map<number, number>
}

export type RollUpDeps = {
  readonly log: Log
  readonly clock: Clock
  readonly spec: EvaluateSpec
  readonly progress: RollUpProgress
  /** Absent where nothing can be missing. */
  readonly onGap?: TellGap
}

/** What the makers of minutes know beside their panes. */
export const rollUpCheckpoints = new CheckpointLog<RollUpCheckpoint>('rollup')

/**
 * Makes the minutes of the claimed partition of `panes`, into `rollups`, until the claim's signal
 * aborts; then writes a checkpoint and answers. A minute is made once, when no correction can come
 * any more; after a crash those of the last seconds are made again, equal to the bit (T3).
 */
export async function rollUpPanes(deps: RollUpDeps, claim: Claim): Promise<void> {
  const { log, spec } = deps
  const position = await log.position(claim)
  const found = await rollUpCheckpoints.read(log, claim.partition, Number(position.note))
  const inForce = spec.live
    ? await rulesAt(log, spec.monitors, found?.commandsTo ?? 0)
    : new RulesInForce(spec.monitors)
  const partition = new RollUpPartition({ ...spec, inForce }, claim.partition)
  if (found !== undefined) partition.load(found)
  const reader = new RollUpReader(deps, claim, partition)
  await reader.restore(found, position.offset)
  await reader.run()
}

class RollUpReader {
  readonly #deps: RollUpDeps
  readonly #claim: Claim
  readonly #partition: RollUpPartition
  readonly #records: RecordReader
  readonly #commands: CommandTail
  /** Records before this offset only bring panes back. */
  #foldFrom = 0
  /** The next record to be read. */
  #next = 0
  #slot = 0
  #checkpointAt: number

  constructor(deps: RollUpDeps, claim: Claim, partition: RollUpPartition) {
    this.#deps = deps
    this.#claim = claim
    this.#partition = partition
    this.#records = new RecordReader(partition.aggregatesOf)
    this.#commands = new CommandTail(deps.log, partition.commandsTo, deps.onGap)
    this.#checkpointAt = deps.clock.now()
  }

  /** Finds where to read on, by the checkpoint that the partition was loaded with. */
  async restore(found: RollUpCheckpoint | undefined, committed: number): Promise<void> {
    const { log, clock, onGap, progress } = this.#deps
    const standing = { at: this.#claim, ...(found && found.now > 0 && { readAtMs: found.now }) }
    const rebuilt = await reachableFrom(log, {
      ...standing,
      offset: found?.rebuildFrom ?? committed,
    })
    const folded = await reachableFrom(log, { ...standing, offset: found?.offset ?? committed })
    this.#next = rebuilt.offset
    this.#foldFrom = folded.gap?.reason === 'lost' ? rebuilt.offset : folded.offset
    const gap = folded.gap?.reason === 'lost' ? folded.gap : rebuilt.gap
    if (gap !== undefined) {
      onGap?.(gap)
      // What was closed before the next record came may be in the gap.
      this.#partition.beginAt(gap.toMs ?? clock.now())
    }
    progress.next.set(this.#claim.partition, this.#foldFrom)
  }

  async run(): Promise<void> {
    const { log, spec } = this.#deps
    const stop = new AbortController()
    const beside = spec.live ? this.#commands.run(stop.signal) : undefined
    const failure = new Promise<never>((_, reject) => {
      beside?.catch(reject)
    })
    const position = { offset: this.#next, note: '' }
    const turns = log.read(this.#claim, { position, bytesMax: TURN_BYTES_MAX })
    const iterator = turns[Symbol.asyncIterator]()
    const ending = AbortSignal.any([stop.signal, this.#claim.signal])
    try {
      for (;;) {
        const turn = await Promise.race([iterator.next(), failure])
        if (turn.done === true) break
        await this.#turn(turn.value, ending)
      }
      if (this.#claim.signal.reason !== 'lost' && this.#isRebuilt) await this.#checkpoint()
    } finally {
      stop.abort()
      await iterator.return?.()
      await Promise.allSettled([beside])
    }
  }

  async #turn(batch: LogBatch, signal: AbortSignal): Promise<void> {
    for (let row = 0; row < batch.count; row++) {
      const offset = batch.offsets[row]!
      const isFolded = offset >= this.#foldFrom
      const record = this.#records.read(bytesAt(batch.keys, row), bytesAt(batch.values, row))
      if (record.kind === 'pane') {
        const { key, pane } = record
        const arrived = { key, pane, offset, appendedAt: batch.times[row]! }
        if (isFolded) this.#partition.pane(arrived)
        else this.#partition.rebuild(arrived)
      } else if (!isFolded || record.kind === 'fact') continue
      else if (record.kind === 'rejected') this.#partition.count(record.reason)
      else {
        if (record.kind === 'watermark') this.#partition.watermark(record.watermark)
        else {
          const commands = await this.#commandsTo(record.clock.commands_to, signal)
          this.#partition.clock(record.clock, commands)
        }
        await this.#send()
      }
    }
    this.#next = batch.next
    this.#note()
    const isDue = this.#deps.clock.now() - this.#checkpointAt >= CHECKPOINT_EVERY_MS
    if (isDue && this.#isRebuilt) await this.#checkpoint()
  }

  /** Before that a checkpoint would say that nothing of what is missing is needed. */
  get #isRebuilt(): boolean {
    return this.#next >= this.#foldFrom
  }

  async #commandsTo(to: number, signal: AbortSignal): Promise<readonly Command[]> {
    const from = this.#partition.commandsTo
    return to > from ? await this.#commands.take(from, to, signal) : []
  }

  /** Makes what is due, a piece at a time: others of this thread have their turns between two. */
  async #send(): Promise<void> {
    const { clock, log, progress } = this.#deps
    let piece: ReturnType<typeof recordOf>[] = []
    const append = async (): Promise<void> => {
      // To the same partition as the panes: how far minutes have been made is told behind them.
      const { partition } = this.#claim
      await log.append(
        'rollups',
        piece.map((record) => ({ ...record, partition })),
      )
      progress.made += piece.length
      piece = []
    }
    for (const made of this.#partition.due(clock.now())) {
      piece.push(recordOf(made))
      if (piece.length < PIECE_ROWS_MAX) continue
      await append()
      await clock.sleep(0)
    }
    if (piece.length > 0) await append()
  }

  async #checkpoint(): Promise<void> {
    const { log, clock } = this.#deps
    const checkpoint = this.#partition.dump(Math.max(this.#next, this.#foldFrom))
    this.#slot = 1 - this.#slot
    const placed = { partition: this.#claim.partition, slot: this.#slot }
    const end = await rollUpCheckpoints.append(log, placed, checkpoint)
    await log.commit(this.#claim, checkpoint.rebuildFrom, String(end))
    this.#checkpointAt = clock.now()
  }

  #note(): void {
    const { progress } = this.#deps
    progress.groups.set(this.#claim.partition, this.#partition.groupCount)
    progress.outcomes.set(this.#claim.partition, this.#partition.outcomes)
    progress.next.set(this.#claim.partition, Math.max(this.#next, this.#foldFrom))
  }
}

function recordOf(made: Made): { readonly key?: Uint8Array; readonly value: Uint8Array } {
  switch (made.kind) {
    case 'rollUp':
      return { key: made.frame.key, value: encodeRollUp(made.rollUp, made.frame) }
    case 'coverage':
      return { key: siteMinuteKey(made.minute.site), value: encodeSiteMinute(made.minute) }
    case 'past':
      return { value: encodePast(made.past) }
  }
}
