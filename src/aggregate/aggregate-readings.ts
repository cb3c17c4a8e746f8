import type { Clock } from '../std/clock.ts'
import { InFlight } from '../std/in-flight.ts'
import {
  reachableFrom,
  type Claim,
  type Log,
  type LogBatch,
  type LogRecord,
  type Position,
  type TellGap,
} from '../log/log.ts'
import { bailReasons, type AggregateProgress } from './aggregate-progress.ts'
import type { AggregateReaderSpec } from './aggregate-spec.ts'
import { appendRefusals, type RefusalAllowance } from './append-refusals.ts'
import { foldName } from './folds-alike.ts'
import { PartitionFold, type Refusal } from './partition-fold.ts'
import { decodeResumeNote, toldTo, withTold } from './resume-note.ts'

/** One turn: the most that memory holds at a time and that a crash repeats (D5). */
const TURN_BYTES_MAX = 1_048_576
/** How often the position moves while rows flow. */
const COMMIT_EVERY_MS = 1000
/** Panes handed to the log at once, and how many such portions may wait to become durable. */
const PORTION_BYTES = 65_536
const PORTIONS_MAX = 32
/** Turns whose panes are not durable yet while the next is folded. */
const TURNS_IN_FLIGHT_MAX = 4

export type AggregateDeps = {
  readonly log: Log
  readonly clock: Clock
  readonly spec: AggregateReaderSpec
  readonly progress: AggregateProgress
  /** Ends the reading where it stands, as the end of the claim does: another `spec` takes over. */
  readonly until?: AbortSignal
  /** Absent where nothing can be missing. */
  readonly onGap?: TellGap
}

/**
 * Folds the claimed partition of `readings` into `panes` until the claim's signal or `until`
 * aborts; then commits and answers. @throws LOG_FENCED, LOG_UNAVAILABLE, LOG_FULL, LOG_POISONED:
 * nothing was committed that is not in `panes`, so the supervisor begins again at the last position
 * (D2, D3).
 */
export async function aggregateReadings(deps: AggregateDeps, claim: Claim): Promise<void> {
  await new ReadingsReader(deps, claim).run()
}

class ReadingsReader {
  readonly #deps: AggregateDeps
  readonly #claim: Claim
  readonly #fold: PartitionFold
  readonly #inFlight = new InFlight(TURNS_IN_FLIGHT_MAX)
  /** Resolves when the panes of all turns so far are durable. */
  #settled: Promise<void> = Promise.resolve()
  readonly #allowance: RefusalAllowance = { second: 0, left: 0 }
  #next = 0
  #committedAt: number
  readonly #foldName: string
  /** Panes of rows before this offset were in the log when the position was committed. */
  #toldTo = 0

  constructor(deps: AggregateDeps, claim: Claim) {
    this.#deps = deps
    this.#claim = claim
    this.#fold = new PartitionFold(deps.spec, claim.partition)
    this.#committedAt = deps.clock.now()
    this.#foldName = foldName(deps.spec)
  }

  async run(): Promise<void> {
    const { log, until } = this.#deps
    const position = await this.#restore()
    const ending = until === undefined ? {} : { signal: until }
    const turns = log.read(this.#claim, { position, bytesMax: TURN_BYTES_MAX, ...ending })
    for await (const batch of this.#inFlight.beside(turns)) await this.#turn(batch)
    if (this.#claim.signal.reason !== 'lost') await this.#commit()
  }

  async #restore(): Promise<Position> {
    const { log, progress, onGap } = this.#deps
    const committed = await log.position(this.#claim)
    const standing = { at: this.#claim, offset: committed.offset, ...readAt(committed.note) }
    const { offset, gap } = await reachableFrom(log, standing)
    if (gap !== undefined) onGap?.(gap)
    // Where rows were lost, other rows may stand at their offsets: nothing is known of those.
    const note = gap?.reason === 'lost' ? '' : committed.note
    this.#fold.restore(note)
    if (this.#deps.spec.isDurable) this.#toldTo = toldTo(note, this.#foldName)
    this.#next = offset
    // A partition that has nothing more to read has come this far all the same.
    progress.next.set(this.#claim.partition, offset)
    return { offset, note }
  }

  async #turn(batch: LogBatch): Promise<void> {
    const now = this.#deps.clock.now()
    const refusals = this.#fold.fold(batch, now)
    this.#next = batch.next
    this.#count()
    if (batch.next <= this.#toldTo) this.#passOver(batch)
    else await this.#tell(batch, refusals, now)
    if (now - this.#committedAt < COMMIT_EVERY_MS) return
    this.#committedAt = now
    await this.#commit()
  }

  /** Rows whose panes and refusals were durable before a restart: they only remake the state. */
  #passOver({ next }: LogBatch): void {
    this.#fold.settle()
    this.#deps.progress.next.set(this.#claim.partition, next)
  }

  async #tell(batch: LogBatch, refusals: readonly Refusal[], now: number): Promise<void> {
    const { log } = this.#deps
    if (refusals.length > 0 || batch.rejected.length > 0) {
      await appendRefusals({ log, batch, now, allowance: this.#allowance }, refusals)
    }
    const sent = await this.#send(this.#fold.portions(now, PORTION_BYTES))
    this.#settled = this.#noteAfter([this.#settled, ...sent], batch.next)
    await this.#inFlight.add(this.#settled)
  }

  /**
   * Gives panes to the log while it has room; answers what is not durable yet, which the next turn
   * need not wait for. The log has copied a portion when `append` returns, so the next is written
   * over it at once: what dies young costs a collector of garbage next to nothing.
   */
  async #send(portions: Iterable<readonly LogRecord[]>): Promise<readonly Promise<void>[]> {
    let sent: Promise<void>[] = []
    for (const portion of portions) {
      sent.push(this.#deps.log.append('panes', portion))
      if (sent.length < PORTIONS_MAX) continue
      await Promise.all(sent)
      sent = []
    }
    return sent
  }

  /** Turns may become durable out of order: what is said of one holds of all before it. */
  async #noteAfter(work: readonly Promise<void>[], next: number): Promise<void> {
    await Promise.all(work)
    this.#deps.progress.next.set(this.#claim.partition, next)
  }

  /** Outputs first, position last (D2). */
  async #commit(): Promise<void> {
    const { offset, note } = this.#fold.resumeAt(this.#next)
    await this.#inFlight.drain()
    this.#toldTo = Math.max(this.#toldTo, this.#next)
    const told = { to: this.#toldTo, by: this.#foldName }
    await this.#deps.log.commit(this.#claim, offset, withTold(note, told))
  }

  #count(): void {
    const { progress } = this.#deps
    const { rows, rejected, late, repeats, bails } = this.#fold.takeCounts()
    progress.rows += rows
    progress.rejected += rejected
    progress.late += late
    progress.repeats += repeats
    for (const [i, reason] of bailReasons.entries()) progress[`bailed_${reason}`] += bails[i]!
  }
}

/** The greatest event time before the position stands for when its last row was read. */
function readAt(note: string): { readonly readAtMs?: number } {
  const newest = Math.max(...decodeResumeNote(note).watermarks.map(([, watermark]) => watermark))
  return Number.isFinite(newest) ? { readAtMs: newest } : {}
}
