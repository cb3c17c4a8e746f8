import type {
  Claim,
  GroupSpec,
  Log,
  LogBatch,
  LogRecord,
  Position,
  ReadOptions,
} from '../../../src/log/log.ts'

/** What was written after a record had been read and before the next one was. */
export type Output = {
  /** Offset of the record of `panes` that it follows from. */
  readonly offset: number
  readonly topic: string
  readonly value: Uint8Array
}

/**
 * A log that was written by others, handed out to one evaluator from the beginning, one record at a
 * time and up to `end`. What it writes is kept beside; it has no checkpoint and no position.
 */
export class ReferenceLog implements Log {
  readonly outputs: Output[] = []
  readonly #log: Log
  readonly #end: number
  readonly #over = Promise.withResolvers<void>()
  #at = -1

  constructor(log: Log, end: number) {
    this.#log = log
    this.#end = end
  }

  /** Lets go of whoever still waits. */
  finish(): void {
    this.#over.resolve()
  }

  createTopic(): Promise<void> {
    return Promise.resolve()
  }

  /** Clock records of its own would change what is judged: they wait until all is over. */
  async append(topic: string, rows: readonly LogRecord[]): Promise<void> {
    if (topic === 'panes') return this.#over.promise
    if (topic === 'checkpoints') return
    for (const { value } of rows) {
      if (value !== undefined) this.outputs.push({ offset: this.#at, topic, value: value.slice() })
    }
  }

  claims(group: GroupSpec, signal: AbortSignal): AsyncIterable<Claim> {
    return this.#log.claims(group, signal)
  }

  position(): Promise<Position> {
    return Promise.resolve({ offset: 0, note: '' })
  }

  async *read(claim: Claim, options: ReadOptions): AsyncGenerator<LogBatch> {
    for await (const batch of this.#log.read(claim, options)) {
      if (batch.topic !== 'panes') yield batch
      else yield* this.#oneByOne(batch)
      if (batch.topic === 'panes' && batch.next >= this.#end) return this.#over.promise
    }
  }

  commit(): Promise<void> {
    return Promise.resolve()
  }

  async ends(topic: string): ReturnType<Log['ends']> {
    return topic === 'checkpoints' ? [] : this.#log.ends(topic)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  *#oneByOne(batch: LogBatch): Iterable<LogBatch> {
    for (let row = 0; row < batch.count; row++) {
      const offset = batch.offsets[row]!
      if (offset >= this.#end) return
      this.#at = offset
      yield {
        ...batch,
        base: offset,
        next: offset + 1,
        count: 1,
        offsets: batch.offsets.subarray(row, row + 1),
        times: batch.times.subarray(row, row + 1),
        keys: rowOf(batch.keys, row),
        values: rowOf(batch.values, row),
      }
    }
  }
}

type Column = LogBatch['keys']

const rowOf = ({ bytes, starts, lengths }: Column, row: number): Column => ({
  bytes,
  starts: starts.subarray(row, row + 1),
  lengths: lengths.subarray(row, row + 1),
})
