import type { Log } from '../log/log.ts'
import type { Clock } from '../std/clock.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import type { SourceChunk } from './file-source.ts'
import type { BeatInput } from './heartbeat.ts'
import { isBlankLine, type SourceLine } from './ndjson-lines.ts'
import type { ReadingIntake } from './reading-intake.ts'
import type { RecordBatch } from './record-batch.ts'

export type FileCollectorOptions = {
  readonly log: Log
  readonly clock: Clock
  readonly chunks: AsyncIterable<SourceChunk>
  /**
   * Names the checkpoint; the same as the intake's, and of this file alone. Absent for an input
   * that cannot be read twice, such as stdin: its rows have no numbers.
   */
  readonly collector?: string
  readonly intake: ReadingIntake
  readonly batch: RecordBatch
}

/**
 * Reads one file or stream of NDJSON to its end, once: after a restart it goes on behind the last
 * line that its checkpoint names, rows first and checkpoint last (D2, D7).
 */
export class FileCollector implements BeatInput {
  readonly #options: FileCollectorOptions
  #appendedTo: number | undefined
  #newestTs: number | undefined
  #isAtEnd = false

  constructor(options: FileCollectorOptions) {
    this.#options = options
  }

  /** Once the end was reached nothing waits any more, so it is the clock. */
  appendedTo(): number | undefined {
    return this.#isAtEnd ? this.#options.clock.now() : this.#appendedTo
  }

  backlogBytes(): number {
    return this.#options.batch.bytes
  }

  /** Runs once, since its input is read once. @throws COLLECT_INPUT_UNREADABLE, and the log's. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, chunks, collector, batch } = this.#options
    const checkpoint = collector === undefined ? undefined : await readCheckpoint(log, collector)
    const passed = checkpoint?.rowCount ?? 0
    let rowCount = passed
    for await (const { lines } of chunks) {
      for (const line of lines) {
        if (line.number <= passed) continue
        this.#add(line)
        rowCount = line.number
        if (batch.isFull && !(await this.#settle(rowCount, signal))) return
      }
      if (signal.aborted) break
    }
    this.#isAtEnd = (await this.#settle(rowCount, signal)) && !signal.aborted
  }

  /** False: the signal aborted before all was durable. */
  async #settle(rowCount: number, signal: AbortSignal): Promise<boolean> {
    const { log, clock, collector, batch } = this.#options
    if (!(await batch.flushPatiently(clock, signal))) return false
    if (collector !== undefined) await writeCheckpoint(log, collector, { positions: {}, rowCount })
    this.#appendedTo = this.#newestTs
    return true
  }

  #add(line: SourceLine): void {
    const { intake, batch, collector } = this.#options
    if (line.bytes !== undefined && isBlankLine(line.bytes)) return
    const number = collector === undefined ? {} : { n: line.number }
    const place = { position: `line ${line.number}`, length: line.length, ...number }
    const admission = intake.line(line.bytes, place)
    batch.addRejected(intake.takeRejected())
    if (!admission.ok || admission.record === undefined) return
    batch.add(admission.record)
    this.#newestTs = Math.max(this.#newestTs ?? -Infinity, admission.ts)
  }
}
