import type { RejectedRange } from '../../log.ts'
import type { Codecs } from '../../../wire/record-batch/codecs.ts'
import type { At } from '../log-meta.ts'
import type { Segment } from '../segment/segment.ts'

/** One partition at one moment: what of it may be read. */
export type PartitionView = {
  readonly start: number
  /** The next offset that readers will get. */
  readonly end: number
  /** In order of offset; the last one is active. */
  readonly segments: readonly Segment[]
  /** How many bytes of the active segment may be read. */
  readonly bytes: number
}

/** What a reader asks of a partition, in the thread that writes it or in another. */
export interface ReadablePartition {
  readonly at: At
  /** By what readers check batches. */
  readonly codecs: Codecs
  /** Whether offsets that are missing were compacted away. */
  readonly isCompacted: boolean
  look(): Promise<PartitionView>
  /** Resolves when the end is another one than in the view, or when the signal aborts. */
  more(than: PartitionView, signal: AbortSignal): Promise<void>
  /** Remembers damaged bytes that a reader met. */
  quarantine(range: RejectedRange): void
}
