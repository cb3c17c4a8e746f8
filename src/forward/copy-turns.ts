import {
  reachableFrom,
  type Claim,
  type Log,
  type LogBatch,
  type LogRecord,
  type Position,
} from '../log/log.ts'
import { InFlight } from '../std/in-flight.ts'
import { skip, type ForwardDeps } from './forward-progress.ts'

/** One turn: what memory holds at a time (D5), and in which newer revisions overtake older ones. */
const TURN_BYTES_MAX = 1_048_576
const APPEND_BYTES_MAX = 262_144
const APPEND_RECORDS_MAX = 2000
/** Turns on their way to the other log while the next is read (D5). */
const TURNS_IN_FLIGHT_MAX = 4
const COMMIT_EVERY_MS = 1000
/** A claim that ends waits this long for appends under way: the other log may be out of reach. */
const FINISH_MS = 5000

/** What becomes of a turn: the records for the other log, and the note beside the position. */
export type CopiedTurn = {
  readonly records: readonly LogRecord[]
  /** Appended once all records of this and earlier turns are durable: they speak for them. */
  readonly last?: readonly LogRecord[]
  readonly note: string
}

/** What one kind of copying adds. */
export type CopyKind = {
  /** Where to, in which log. */
  readonly to: Log
  readonly topic: string
  readonly copy: (batch: LogBatch) => CopiedTurn | Promise<CopiedTurn>
  /** How long what comes is gathered before it is read, where nothing waits; 0: not at all. */
  readonly gatherMs?: number
  /** Waits until so many bytes may leave. */
  readonly admit?: (bytes: number, signal: AbortSignal) => Promise<void>
  /** Told what is read, and what is in the other log. */
  readonly reached?: (batch: LogBatch) => void
  readonly confirmed?: (batch: LogBatch) => void
}

/** Where a reader of `forward` begins, and whether some of what it has not read is gone. */
export async function beginAt(
  { log, onGap }: ForwardDeps,
  claim: Claim,
): Promise<Position & { readonly hasGap: boolean }> {
  const position = await log.position(claim)
  const { offset, gap } = await reachableFrom(log, { at: claim, offset: position.offset })
  if (gap !== undefined) onGap?.(gap)
  return { offset, note: position.note, hasGap: gap !== undefined }
}

/**
 * Copies the claimed partition into another log, turn by turn, until the claim's signal aborts. A
 * position is committed once everything before it is in the other log (D2): a crash repeats, and
 * ids make that harmless. @throws what either log throws; the supervisor begins again.
 */
export async function copyTurns(
  deps: ForwardDeps,
  claim: Claim,
  work: { readonly from: Position; readonly kind: CopyKind },
): Promise<void> {
  await new Copier(deps, claim, work.kind).run(work.from)
}

class Copier {
  readonly #deps: ForwardDeps
  readonly #claim: Claim
  readonly #kind: CopyKind
  readonly #inFlight = new InFlight(TURNS_IN_FLIGHT_MAX)
  /** Resolves when every turn so far is confirmed, in their order. */
  #settled: Promise<void> = Promise.resolve()
  #confirmed: { readonly next: number; readonly note: string } | undefined
  #committedAt: number

  constructor(deps: ForwardDeps, claim: Claim, kind: CopyKind) {
    this.#deps = deps
    this.#claim = claim
    this.#kind = kind
    this.#committedAt = deps.clock.now()
  }

  async run(from: Position): Promise<void> {
    const { log, progress, clock } = this.#deps
    progress.next.set(nameOf(this.#claim), from.offset)
    const batches = log.read(this.#claim, { position: from, bytesMax: TURN_BYTES_MAX })
    for await (const batch of this.#inFlight.beside(batches)) {
      for (const { from: first, next, reason } of batch.rejected) {
        skip(progress, reason, next - first)
      }
      this.#kind.reached?.(batch)
      const turn = await this.#kind.copy(batch)
      await this.#kind.admit?.(bytesIn(turn.records) + bytesIn(turn.last ?? []), this.#claim.signal)
      if (this.#claim.signal.aborted) break
      this.#settled = this.#settle(this.#append(turn.records), { batch, turn })
      await this.#unlessEnding(this.#inFlight.add(this.#settled))
      if (this.#claim.signal.aborted) break
      const isDue = clock.now() - this.#committedAt >= COMMIT_EVERY_MS
      if (isDue) await this.#commit()
      else if (batch.next >= batch.end) await this.#rest()
      const { gatherMs = 0 } = this.#kind
      if (gatherMs > 0 && batch.next >= batch.end) await clock.sleep(gatherMs, this.#claim.signal)
    }
    await this.#unlessEnding(this.#inFlight.drain())
    if (this.#claim.signal.reason !== 'lost') await this.#commit()
  }

  /** Nothing more waits, so that what is confirmed may as well be committed. */
  async #rest(): Promise<void> {
    await this.#unlessEnding(this.#inFlight.drain())
    await this.#commit()
  }

  /** What is under way is waited for; once the claim ends, for a moment and no longer. */
  async #unlessEnding(work: Promise<void>): Promise<void> {
    const { signal } = this.#claim
    const done = new AbortController()
    const grace = async (): Promise<void> => {
      const either = AbortSignal.any([done.signal, signal])
      if (!either.aborted)
        await new Promise((resolve) => either.addEventListener('abort', resolve, { once: true }))
      if (!done.signal.aborted) await this.#deps.clock.sleep(FINISH_MS, done.signal)
    }
    try {
      await Promise.race([work, grace()])
    } finally {
      done.abort()
    }
  }

  /** In pieces, whose order is that of the calls. */
  async #append(records: readonly LogRecord[]): Promise<void> {
    const { progress } = this.#deps
    const pieces = piecesOf(records)
    await Promise.all(pieces.map((piece) => this.#kind.to.append(this.#kind.topic, piece)))
    if (records.length === 0) return
    progress.records += records.length
    progress.bytes += bytesIn(records)
  }

  async #settle(
    appended: Promise<void>,
    { batch, turn }: { readonly batch: LogBatch; readonly turn: CopiedTurn },
  ): Promise<void> {
    await Promise.all([this.#settled, appended])
    if (turn.last !== undefined) await this.#append(turn.last)
    this.#confirmed = { next: batch.next, note: turn.note }
    this.#deps.progress.next.set(nameOf(this.#claim), batch.next)
    this.#kind.confirmed?.(batch)
  }

  async #commit(): Promise<void> {
    const { log, clock } = this.#deps
    const confirmed = this.#confirmed
    if (confirmed === undefined) return
    this.#confirmed = undefined
    await log.commit(this.#claim, confirmed.next, confirmed.note)
    this.#committedAt = clock.now()
  }
}

const nameOf = ({ topic, partition }: Claim): string => `${topic}/${partition}`

function piecesOf(records: readonly LogRecord[]): readonly (readonly LogRecord[])[] {
  const pieces: LogRecord[][] = []
  let bytes = Infinity
  for (const record of records) {
    const size = bytesIn([record])
    const last = pieces.at(-1)
    const isFull = bytes + size > APPEND_BYTES_MAX || last?.length === APPEND_RECORDS_MAX
    if (last === undefined || isFull) {
      pieces.push([record])
      bytes = size
    } else {
      last.push(record)
      bytes += size
    }
  }
  return pieces
}

function bytesIn(records: readonly LogRecord[]): number {
  let bytes = 0
  for (const { key, value } of records) bytes += (key?.length ?? 0) + (value?.length ?? 0)
  return bytes
}
