import type { Log, LogRecord } from '../log/log.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import type { Clock } from '../std/clock.ts'

/** One append, as large as one turn of a reader. */
const APPEND_BYTES_MAX = 1_048_576
/** Between two tries of a log that takes no more for now. */
const RETRY_MS = 1_000

/**
 * Records on their way to `readings`, in order. A failed append keeps them, so flush may be tried
 * again; what was appended before the failure is not appended twice by us.
 */
export class RecordBatch {
  readonly #log: Log
  #records: LogRecord[] = []
  #rejected: LogRecord[] = []
  #bytes = 0

  constructor(log: Log) {
    this.#log = log
  }

  get recordCount(): number {
    return this.#records.length
  }

  /** Values that wait to be appended; the owner stops reading when this is too much (D5). */
  get bytes(): number {
    return this.#bytes
  }

  /** True when one append is full and the owner may flush. */
  get isFull(): boolean {
    return this.#bytes >= APPEND_BYTES_MAX
  }

  add(record: LogRecord): void {
    this.#records.push(record)
    this.#bytes += record.value?.length ?? 0
  }

  /** Records for the topic `rejected`, appended behind the readings. */
  addRejected(records: readonly LogRecord[]): void {
    this.#rejected.push(...records)
  }

  /** Resolves when all records are durable (D1). @throws what the log throws. */
  async flush(): Promise<void> {
    while (this.#records.length > 0) {
      const count = headCount(this.#records)
      const head = this.#records.slice(0, count)
      await this.#log.append('readings', head)
      this.#records = this.#records.slice(count)
      this.#bytes = this.#records.reduce((sum, record) => sum + (record.value?.length ?? 0), 0)
    }
    if (this.#rejected.length === 0) return
    await this.#log.append('rejected', this.#rejected)
    this.#rejected = []
  }

  /**
   * Flushes, and while the log takes no more for now waits with what it has, so that back-pressure
   * runs up to the source (D5). False: the signal aborted before all was durable.
   * @throws what a repeat would not mend.
   */
  async flushPatiently(clock: Clock, signal: AbortSignal): Promise<boolean> {
    while (!(await this.#tryFlush())) {
      if (signal.aborted) return false
      await clock.sleep(RETRY_MS, signal)
    }
    return true
  }

  async #tryFlush(): Promise<boolean> {
    try {
      await this.flush()
      return true
    } catch (error) {
      if (error instanceof NocturneError && error.entry.retry) return false
      throw error
    }
  }
}

/** Records from the front that together stay within one append, at least one. */
function headCount(records: readonly LogRecord[]): number {
  let bytes = 0
  for (const [i, record] of records.entries()) {
    bytes += record.value?.length ?? 0
    if (bytes > APPEND_BYTES_MAX) return Math.max(1, i)
  }
  return records.length
}
