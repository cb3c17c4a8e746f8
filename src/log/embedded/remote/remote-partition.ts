import type { Codecs } from '../../../wire/record-batch/codecs.ts'
import type { RejectedRange } from '../../log.ts'
import type { At } from '../log-meta.ts'
import type { Disk } from '../disk.ts'
import type { PartitionView, ReadablePartition } from '../read/readable-partition.ts'
import { SegmentIndex } from '../segment/segment-index.ts'
import type { SegmentNames } from '../segment/segment-list.ts'
import { Segment } from '../segment/segment.ts'
import { Waiters } from '../waiters.ts'
import type { LogCells } from './log-cells.ts'
import type { LogLine } from './log-line.ts'

/** What the partitions of one remote log share. */
export type RemoteHouse = {
  readonly disk: Disk
  readonly codecs: Codecs
  readonly line: LogLine
  readonly cells: LogCells
  /** Distance of index entries, as the log that writes has it. */
  readonly indexEveryBytes: number
}

type Known = {
  readonly layout: number
  readonly start: number
  readonly segments: readonly Segment[]
}

/**
 * A partition that another thread writes, read through file descriptors of this one. The list of
 * its files is asked for whenever the cells say that it is another one.
 */
export class RemotePartition implements ReadablePartition {
  readonly at: At
  readonly isCompacted: boolean
  readonly #house: RemoteHouse
  readonly #folder: string
  readonly #cell: number
  readonly #appended = new Waiters()
  #known: Known = { layout: -1, start: 0, segments: [] }
  #asking: Promise<void> | undefined
  #watching: bigint | undefined

  constructor(
    house: RemoteHouse,
    place: {
      readonly at: At
      readonly isCompacted: boolean
      readonly folder: string
      readonly line: number
    },
  ) {
    this.#house = house
    this.at = place.at
    this.isCompacted = place.isCompacted
    this.#folder = place.folder
    this.#cell = place.line
  }

  get codecs(): Codecs {
    return this.#house.codecs
  }

  async look(): Promise<PartitionView> {
    for (;;) {
      const { layout, end, bytes } = this.#house.cells.read(this.#cell)
      const { start, segments } = this.#known
      if (layout === this.#known.layout) return { start, end, segments, bytes }
      await (this.#asking ??= this.#ask())
    }
  }

  async more({ end }: PartitionView, signal: AbortSignal): Promise<void> {
    const now = this.#house.cells.read(this.#cell)
    if (now.end !== end) return
    void this.#watch(now.version)
    await this.#appended.wait(signal)
  }

  quarantine(range: RejectedRange): void {
    this.#house.line.tell({ notice: 'quarantine', at: this.at, range })
  }

  /** One wait at a time on the cells, for all readers here: such a wait cannot be given up. */
  async #watch(version: bigint): Promise<void> {
    if (this.#watching !== undefined) return
    this.#watching = version
    await this.#house.cells.changed(this.#cell, version)
    this.#watching = undefined
    this.#appended.wake()
  }

  async #ask(): Promise<void> {
    try {
      const { layout, start, segments } = await this.#house.line.ask('segments', this.at)
      this.#known = { layout, start, segments: segments.map((name) => this.#segment(name)) }
    } finally {
      this.#asking = undefined
    }
  }

  /** The one that is known already, with the size that it has now, or a new one. */
  #segment({ base, size, edition }: SegmentNames['segments'][number]): Segment {
    const known = this.#known.segments.find((segment) => segment.base === base)
    if (known?.edition === edition) {
      known.size = size
      return known
    }
    const { disk, line, indexEveryBytes } = this.#house
    const foreignIndex = async (): Promise<SegmentIndex | undefined> => {
      const entries = await line.ask('index', { ...this.at, base })
      return entries && new SegmentIndex(base, indexEveryBytes, entries)
    }
    const everyBytes = indexEveryBytes
    return new Segment(disk, {
      folder: this.#folder,
      base,
      size,
      everyBytes,
      edition,
      foreignIndex,
    })
  }
}
