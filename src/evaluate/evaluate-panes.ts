import type { Clock } from '../std/clock.ts'
import { InFlight } from '../std/in-flight.ts'
import { reachableFrom, type Claim, type Log, type LogBatch, type TellGap } from '../log/log.ts'
import type { Command } from '../model/command.ts'
import type { Step } from '../model/step.ts'
import { watermarkKey } from '../wire/pane-codec.ts'
import { encodeTransition, transitionKey } from '../wire/step-codec.ts'
import { encodeClock } from '../wire/watermark-codec.ts'
import { encodeWindow } from '../wire/window-codec.ts'
import { checkpointLog } from './checkpoint-log.ts'
import type { Checkpoint } from './checkpoint.ts'
import { CommandTail } from './command-tail.ts'
import type { EvaluateSpec } from './evaluate-spec.ts'
import { PartitionEvaluator } from './partition-evaluator.ts'
import { bytesAt, RecordReader } from './panes/record-reader.ts'
import { rulesAt } from './rule-commands.ts'
import { RulesInForce } from './rules-in-force.ts'
import type { Results } from './results.ts'

/** One turn: the most that memory holds at a time (D5); windows are larger than panes. */
const TURN_BYTES_MAX = 262_144
const WINDOWS_PER_APPEND_MAX = 2000
/** A step is larger than a window, by its labels and texts. */
const STEPS_PER_APPEND_MAX = 1000
/** Turns whose results are on their way to the disk while later ones are judged (D5). */
const TURNS_IN_FLIGHT_MAX = 4
const CLOCK_EVERY_MS = 1000
const CHECKPOINT_EVERY_MS = 5000

/** How far the reader has come; it alone writes. */
export type EvaluateProgress = {
  windows: number
  steps: number
  /** Groups kept in memory, per partition. */
  readonly groups: Map<number, number>
  /** What became of the records of each partition, by reason. */
  readonly outcomes: Map<number, Readonly<Record<string, number>>>
  /** Per partition: everything before this offset of `panes` was judged, its results appended. */
  readonly next: Map<number, number>
}

export type EvaluateDeps = {
  readonly log: Log
  readonly clock: Clock
  readonly spec: EvaluateSpec
  readonly progress: EvaluateProgress
  /** Absent where nothing can be missing. */
  readonly onGap?: TellGap
}

/**
 * Turns the claimed partition of `panes` into `windows` and `transitions` until the claim's signal
 * aborts; then writes a checkpoint and answers. State after a restart equals the state without it
 * (A1, A74): panes are read again from the checkpoint's `rebuildFrom`, and steps that were written
 * already are written again under the same ids. @throws LOG_FENCED when another owner was seen.
 */
export async function evaluatePanes(deps: EvaluateDeps, claim: Claim): Promise<void> {
  const { log, clock, spec } = deps
  const position = await log.position(claim)
  const found = await checkpointLog.read(log, claim.partition, Number(position.note))
  const inForce = spec.live
    ? await rulesAt(log, spec.monitors, found?.commandsTo ?? 0)
    : new RulesInForce(spec.monitors)
  const evaluator = new PartitionEvaluator({ ...spec, inForce }, claim.partition)
  if (found !== undefined) evaluator.load(found)
  const reader = new PanesReader(deps, claim, { evaluator, startedAt: clock.now() })
  await reader.restore(found, position.offset)
  await reader.run()
}

class PanesReader {
  readonly #deps: EvaluateDeps
  readonly #claim: Claim
  readonly #evaluator: PartitionEvaluator
  readonly #records: RecordReader
  readonly #commands: CommandTail
  readonly #inFlight = new InFlight(TURNS_IN_FLIGHT_MAX)
  #settled: Promise<void> = Promise.resolve()
  /** Records before this offset only rebuild. */
  #judgeFrom = 0
  /** The next record to be read. */
  #readFrom = 0
  #next = 0
  #slot = 0
  #checkpointAt: number

  constructor(
    deps: EvaluateDeps,
    claim: Claim,
    from: { readonly evaluator: PartitionEvaluator; readonly startedAt: number },
  ) {
    this.#deps = deps
    this.#claim = claim
    this.#evaluator = from.evaluator
    this.#records = new RecordReader(this.#evaluator.aggregatesOf)
    this.#commands = new CommandTail(deps.log, this.#evaluator.commandsTo, deps.onGap)
    this.#checkpointAt = from.startedAt
  }

  /** Finds where to read on, by the checkpoint that the evaluator was loaded with. */
  async restore(found: Checkpoint | undefined, committed: number): Promise<void> {
    const { log, onGap } = this.#deps
    const standing = { at: this.#claim, ...(found && found.now > 0 && { readAtMs: found.now }) }
    const offset = found?.offset ?? committed
    const rebuilt = await reachableFrom(log, {
      ...standing,
      offset: found?.rebuildFrom ?? committed,
    })
    const judged = await reachableFrom(log, { ...standing, offset })
    this.#readFrom = rebuilt.offset
    // Where panes were lost, all that is rebuilt is judged again: some of it may be new.
    this.#judgeFrom = judged.gap?.reason === 'lost' ? rebuilt.offset : judged.offset
    const gap = judged.gap?.reason === 'lost' ? judged.gap : rebuilt.gap
    if (gap !== undefined) onGap?.(gap)
    this.#next = this.#judgeFrom
    // A partition that has nothing more to read has come this far all the same.
    this.#deps.progress.next.set(this.#claim.partition, this.#next)
  }

  /** Reads until the claim ends or one of the loops beside it fails. */
  async run(): Promise<void> {
    const { log, spec } = this.#deps
    const stop = new AbortController()
    const beside = spec.live ? [this.#commands.run(stop.signal), this.#runClock(stop.signal)] : []
    const failure = new Promise<never>((_, reject) => {
      for (const loop of beside) loop.catch(reject)
    })
    const position = { offset: this.#readFrom, note: '' }
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
      await Promise.allSettled(beside)
    }
  }

  async #turn(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const results: Results = { windows: [], steps: [], wall: this.#deps.clock.now() }
    for (let row = 0; row < batch.count; row++) {
      const offset = batch.offsets[row]!
      const appendedAt = batch.times[row]!
      const record = this.#records.read(bytesAt(batch.keys, row), bytesAt(batch.values, row))
      const isJudged = offset >= this.#judgeFrom
      if (record.kind === 'pane') {
        const { key, pane } = record
        if (isJudged) this.#evaluator.pane({ key, pane, offset, appendedAt }, results)
        else this.#evaluator.rebuild({ key, pane, offset, appendedAt })
      } else if (!isJudged) continue
      else if (record.kind === 'watermark') this.#evaluator.watermark(record.watermark, results)
      else if (record.kind === 'clock') {
        const commands = await this.#commandsTo(record.clock.commands_to, signal)
        this.#evaluator.clock(record.clock, commands, results)
      } else if (record.kind === 'fact') this.#evaluator.fact(record.fact)
      else this.#evaluator.count(record.reason)
    }
    this.#readFrom = batch.next
    this.#next = Math.max(this.#next, batch.next)
    const isDue = this.#isRebuilt && results.wall - this.#checkpointAt >= CHECKPOINT_EVERY_MS
    if (isDue) this.#evaluator.settle(results)
    await this.#send(results)
    if (isDue) await this.#checkpoint()
  }

  /** Results go to the log while the next turn is judged: only a position waits for them (D2). */
  async #send(results: Results): Promise<void> {
    const { steps, windows } = results
    const isBurst = windows.length > WINDOWS_PER_APPEND_MAX || steps.length > STEPS_PER_APPEND_MAX
    const sent = steps.length + windows.length === 0 ? undefined : this.#append(results)
    this.#settled = this.#noteAfter([this.#settled, sent], this.#next)
    await this.#inFlight.add(this.#settled)
    if (isBurst) await this.#inFlight.drain()
  }

  /** Turns may become durable out of order: what is said of one holds of all before it. */
  async #noteAfter(work: readonly (Promise<void> | undefined)[], next: number): Promise<void> {
    await Promise.all(work)
    this.#note(next)
  }

  /**
   * Whether the panes of open windows are all here again. Before that there is no checkpoint: it
   * would say that nothing of them is needed.
   */
  get #isRebuilt(): boolean {
    return this.#readFrom >= this.#judgeFrom
  }

  async #commandsTo(to: number, signal: AbortSignal): Promise<readonly Command[]> {
    const from = this.#evaluator.commandsTo
    return to > from ? await this.#commands.take(from, to, signal) : []
  }

  /**
   * Steps first: a page does not wait for the windows of ten thousand groups. Windows leave the
   * results as they are encoded, so that nothing holds them while they become durable.
   */
  async #append({ steps, windows }: Results): Promise<void> {
    const { progress } = this.#deps
    progress.windows += windows.length
    progress.steps += steps.length
    const told = steps.length > 0 ? this.#appendSteps(steps) : undefined
    do {
      const some = windows.splice(0, WINDOWS_PER_APPEND_MAX)
      if (some.length > 0) await Promise.all([told, this.#appendWindows(some)])
    } while (windows.length > 0)
    await told
  }

  async #appendSteps(steps: readonly Step[]): Promise<void> {
    for (let from = 0; from < steps.length; from += STEPS_PER_APPEND_MAX) {
      const records = steps.slice(from, from + STEPS_PER_APPEND_MAX).map((step) => ({
        key: transitionKey(step),
        value: encodeTransition(step),
      }))
      await this.#deps.log.append('transitions', records)
    }
  }

  #appendWindows(windows: Results['windows']): Promise<void> {
    const records = windows.map(({ frame, window }) => ({
      key: frame.key,
      value: encodeWindow(window, frame),
    }))
    return this.#deps.log.append('windows', records)
  }

  async #checkpoint(): Promise<void> {
    const { log, clock } = this.#deps
    const results: Results = { windows: [], steps: [], wall: clock.now() }
    this.#evaluator.settle(results)
    await this.#send(results)
    await this.#inFlight.drain()
    const checkpoint = this.#evaluator.dump(this.#next)
    this.#slot = 1 - this.#slot
    const placed = { partition: this.#claim.partition, slot: this.#slot }
    const end = await checkpointLog.append(log, placed, checkpoint)
    // The note says from where on it is found; without one all checkpoints of the house are read.
    await log.commit(this.#claim, checkpoint.rebuildFrom, String(end))
    this.#checkpointAt = clock.now()
  }

  /** Everything before `next` was judged, and its results are durable. */
  #note(next: number): void {
    const { progress } = this.#deps
    progress.groups.set(this.#claim.partition, this.#evaluator.groupCount)
    progress.outcomes.set(this.#claim.partition, this.#evaluator.outcomes)
    progress.next.set(this.#claim.partition, next)
  }

  /** Appends the clock records that put wall time and commands in force (A7). */
  async #runClock(signal: AbortSignal): Promise<void> {
    const { log, clock } = this.#deps
    const { partition } = this.#claim
    const { end } = (await log.ends('panes'))[partition] ?? { end: 0 }
    // Our epoch must be above every one in the log, so all of it is judged first.
    while (this.#next < end && !signal.aborted) await clock.sleep(20, signal)
    const epoch = this.#evaluator.epoch + 1
    while (!signal.aborted) {
      // Asked for before the look: a command that comes between the two is not left for a second.
      const { arrival } = this.#commands
      const commands_to = (await log.ends('commands'))[0]?.end ?? 0
      const value = encodeClock({
        v: 1,
        site: 'clock',
        partition,
        epoch,
        commands_to,
        at: clock.now(),
      })
      const key = watermarkKey('clock', partition)
      await log.append('panes', [{ key, value, partition }])
      const pause = new AbortController()
      const over = AbortSignal.any([signal, pause.signal])
      await Promise.race([clock.sleep(CLOCK_EVERY_MS, over), arrival])
      pause.abort()
    }
  }
}
