import type { LogBatch, ReadOptions } from '../../log.ts'
import { PartitionReader } from './partition-reader.ts'
import type { ReadablePartition } from './readable-partition.ts'

/** The readers that one log has given out. */
export class OpenReaders {
  readonly #readers = new Set<PartitionReader>()

  /** Reads on until the signal aborts, or until the caller leaves the loop. */
  async *read(
    partition: ReadablePartition,
    { position, bytesMax, signal }: ReadOptions,
    closing: AbortSignal,
  ): AsyncGenerator<LogBatch> {
    const ending = signal === undefined ? closing : AbortSignal.any([closing, signal])
    const reader = new PartitionReader(partition, { offset: position.offset, bytesMax })
    this.#readers.add(reader)
    // A loop that was left alone is never resumed, so its files are let go of from here.
    const close = (): void => void reader.close()
    ending.addEventListener('abort', close, { once: true })
    try {
      for (;;) {
        const batch = await reader.next(ending)
        if (batch === undefined) return
        yield batch
      }
    } finally {
      ending.removeEventListener('abort', close)
      await reader.close()
      this.#readers.delete(reader)
    }
  }

  /** Lets go of all files; the signals of all readers have aborted. */
  async close(): Promise<void> {
    for (const reader of this.#readers) await reader.close()
  }
}
