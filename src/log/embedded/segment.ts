import { findBatch } from '../../wire/record-batch/batch-scanner.ts'
import type { Disk, DiskFile } from './disk.ts'
import { decodeIndex, SegmentIndex, type IndexEntry } from './segment-index.ts'
import { walkSegment } from './segment-walk.ts'

/** What is known of an open segment. */
export type OpenSegment = { readonly file: DiskFile; readonly index: SegmentIndex }

/** The file name of a segment, without its ending: 20 digits, as Kafka's own tools want it. */
export const segmentName = (base: number): string => String(base).padStart(20, '0')

/**
 * One file of record batches; sealed ones never change, compaction puts another in their place.
 * The file stays open, and the index in memory, while someone holds it.
 */
export class Segment {
  /** Offset at which it begins: no batch in it is below. */
  readonly base: number
  readonly path: string
  readonly #disk: Disk
  readonly #everyBytes: number
  size: number
  #open: Promise<OpenSegment> | undefined
  #holders = 0
  #end: IndexEntry | undefined

  constructor(
    disk: Disk,
    {
      folder,
      base,
      size,
      everyBytes,
    }: {
      readonly folder: string
      readonly base: number
      readonly size: number
      readonly everyBytes: number
    },
  ) {
    this.#disk = disk
    this.base = base
    this.size = size
    this.path = `${folder}/${segmentName(base)}`
    this.#everyBytes = everyBytes
  }

  /** Takes over a file that is open for writing: the caller holds it. */
  adopt(open: OpenSegment): void {
    this.#open = Promise.resolve(open)
    this.#holders++
  }

  /** Opens it unless someone has; `drop` as often as this. */
  async hold(): Promise<OpenSegment> {
    this.#holders++
    this.#open ??= this.#load()
    try {
      return await this.#open
    } catch (error) {
      this.#holders--
      this.#open = undefined
      throw error
    }
  }

  async drop(): Promise<void> {
    if (--this.#holders > 0) return
    const open = this.#open
    this.#open = undefined
    await (await open)?.file.close()
  }

  /** Greatest append time of a sealed segment, −1 when it is empty. */
  async timeMax(): Promise<number> {
    if (this.#end === undefined) {
      await this.hold()
      await this.drop()
    }
    return this.#end?.timeBefore ?? -1
  }

  /** Writes the index file; without it the next opening reads the whole segment. */
  async seal(index: SegmentIndex, end: IndexEntry): Promise<void> {
    this.#end = end
    await writeIndex(this.#disk, this.path, index.encode(end))
  }

  /** The whole index file where it holds and covers the segment. */
  async storedIndex(): Promise<ReturnType<typeof decodeIndex>> {
    let file: DiskFile
    try {
      file = await this.#disk.open(`${this.path}.idx`, 'read')
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
    try {
      const bytes = new Uint8Array(await file.size())
      await file.read(bytes, 0)
      const decoded = decodeIndex(bytes, { base: this.base, everyBytes: this.#everyBytes })
      return decoded?.end.position === this.size ? decoded : undefined
    } finally {
      await file.close()
    }
  }

  async #load(): Promise<OpenSegment> {
    const file = await this.#disk.open(`${this.path}.log`, 'read')
    try {
      return { file, index: await this.#index(file) }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async #index(file: DiskFile): Promise<SegmentIndex> {
    const stored = await this.storedIndex()
    if (stored !== undefined) {
      this.#end = stored.end
      return stored.index
    }
    const { index, end } = await this.#rebuild(file)
    await this.seal(index, end)
    return index
  }

  /** Damage is stepped over: the index leads to what is around it. */
  async #rebuild(file: DiskFile): Promise<{ index: SegmentIndex; end: IndexEntry }> {
    const index = new SegmentIndex(this.base, this.#everyBytes)
    let [from, next, timeMax] = [0, this.base, -1]
    while (from < this.size) {
      const walked = await walkSegment(file, { from, to: this.size }, (header, position) => {
        if (header.base < next) return false
        index.note({ offset: header.base, position, timeBefore: timeMax })
        next = header.last + 1
        timeMax = Math.max(timeMax, header.newestAt)
        return true
      })
      if (walked.reason === undefined) break
      const rest = new Uint8Array(this.size - walked.position)
      await file.read(rest, walked.position)
      const bounds = { next, limit: Number.MAX_SAFE_INTEGER }
      from = walked.position + findBatch(rest, { from: 1, to: rest.length }, bounds).at
    }
    return { index, end: { offset: next, position: this.size, timeBefore: timeMax } }
  }
}

async function writeIndex(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  await unlinkIfThere(disk, `${path}.idx`)
  const file = await disk.open(`${path}.idx`, 'create')
  try {
    await file.write(bytes, 0)
  } finally {
    await file.close()
  }
}

/** Removes a file; content when it is not there. */
export async function unlinkIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
