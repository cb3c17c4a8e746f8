import type { Log } from '../log/log.ts'
import type { Clock } from '../std/clock.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import type { BeatInput } from './heartbeat.ts'
import { isBlankLine, type SourceLine } from './ndjson-lines.ts'
import type { ReadingIntake } from './reading-intake.ts'
import type { RecordBatch } from './record-batch.ts'
import { tailLines, type TailPosition } from './tail-source.ts'

export type TailCollectorOptions = {
  readonly log: Log
  readonly clock: Clock
  readonly path: string
  /** Names the checkpoint; the same as the intake's, and of this file alone. */
  readonly collector: string
  readonly intake: ReadingIntake
  readonly batch: RecordBatch
  /** Follows the file: an argument, so that a simulated one can be followed too. */
  readonly follow?: typeof tailLines
}

/**
 * Follows one file of NDJSON and goes on after a restart where it stopped: rows first, checkpoint
 * last (D2). Rows carry their line's number, so those between the two are known as repeats (D7).
 */
export class TailCollector implements BeatInput {
  readonly #options: TailCollectorOptions
  #appendedTo: number | undefined
  #newestTs: number | undefined

  constructor(options: TailCollectorOptions) {
    this.#options = options
  }

  appendedTo(): number | undefined {
    return this.#appendedTo
  }

  backlogBytes(): number {
    return this.#options.batch.bytes
  }

  /** @throws COLLECT_INPUT_UNREADABLE and what the log throws; run again, it goes on. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, clock, path, collector, batch, follow = tailLines } = this.#options
    // What an earlier run could not append goes first: it is read again, and known by its numbers.
    await batch.flush()
    const checkpoint = await readCheckpoint(log, collector)
    let position: TailPosition | undefined = checkpoint?.positions[path]
    let lineCount = checkpoint?.rowCount ?? 0
    let isDue = false
    const from = { path, clock, lineCount, ...(position === undefined ? {} : { position }) }
    for await (const { lines, inode, isAtEnd } of follow(from, signal)) {
      for (const line of lines) {
        this.#add(line)
        position = { inode, offset: line.next }
        lineCount = line.number
        isDue = true
      }
      if (isDue && position !== undefined && (isAtEnd || batch.isFull)) {
        if (!(await batch.flushPatiently(clock, signal))) return
        const positions = { [path]: position }
        await writeCheckpoint(log, collector, { positions, rowCount: lineCount })
        this.#appendedTo = this.#newestTs
        isDue = false
      }
      if (isAtEnd) this.#appendedTo = clock.now()
    }
  }

  #add(line: SourceLine): void {
    const { intake, batch } = this.#options
    if (line.bytes !== undefined && isBlankLine(line.bytes)) return
    const place = { position: `line ${line.number}`, n: line.number, length: line.length }
    const admission = intake.line(line.bytes, place)
    batch.addRejected(intake.takeRejected())
    if (!admission.ok || admission.record === undefined) return
    batch.add(admission.record)
    this.#newestTs = Math.max(this.#newestTs ?? -Infinity, admission.ts)
  }
}
