import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import type { Claim, LogBatch, RejectedRange } from '../log.ts'
import { LogRig, rowsOf, type Row } from '../suite/log-rig.suite.ts'
import { openEmbeddedLog, type EmbeddedLog } from './embedded-log.ts'
import type { EmbeddedLimits } from './embedded-limits.ts'
import { FaultyDisk } from './faulty-disk.suite.ts'

/** No floor of free space, a small reserve: tests run on any disk. */
export const SMALL_LIMITS = { reserveBytes: 4_096, freeBytesMin: 0, freeRatioMin: 0 }

/**
 * Puts another writer's batch into a log that is closed. No writer of ours compresses, so the end
 * of a partition's only segment is where such a batch shows; the next start walks over it.
 */
export const appendBatchIn =
  (folder: string) =>
  (topic: string, partition: number, batch: Uint8Array): Promise<void> =>
    appendFile(join(folder, 'log', `${topic}-${partition}`, '00000000000000000000.log'), batch)

/** An embedded log in a folder of its own, its disk and clock in the test's hands. */
export class EmbeddedRig {
  readonly clock = new SimulatedClock()
  disk = new FaultyDisk()
  folder = ''
  readonly #limits: Partial<EmbeddedLimits>
  readonly #folders: string[] = []
  readonly #opened: EmbeddedLog[] = []

  constructor(limits: Partial<EmbeddedLimits> = {}) {
    this.#limits = { ...SMALL_LIMITS, ...limits }
  }

  async open(): Promise<EmbeddedLog> {
    if (this.folder === '') this.folder = await this.#makeFolder()
    const { folder, clock, disk } = this
    const log = await openEmbeddedLog({ folder, clock, disk, limits: this.#limits })
    this.#opened.push(log)
    return log
  }

  /** Opens what a crash would leave at this moment: a copy of the folder, nothing closed. */
  async openAfterCrash(change: (logFolder: string) => Promise<void> = async () => undefined) {
    const copy = await this.#makeFolder()
    await cp(this.folder, copy, { recursive: true })
    await change(join(copy, 'log'))
    this.folder = copy
    this.disk = new FaultyDisk()
    return this.open()
  }

  /** Rows and rejected ranges of partition 0 of `rows` from an offset to its end. */
  async readAll(log: EmbeddedLog, offset = 0): Promise<Reading> {
    const rows: Row[] = []
    const rejected: RejectedRange[] = []
    const claim = await this.claim(log)
    const end = (await log.ends('rows'))[0]!.end
    for await (const batch of this.#batches(log, claim, offset)) {
      rows.push(...rowsOf(batch))
      rejected.push(...batch.rejected)
      if (batch.next >= end) break
    }
    return { rows, rejected, values: rows.map(({ value }) => value) }
  }

  async claim(log: EmbeddedLog): Promise<Claim> {
    const under = { open: async () => log, destroy: async () => undefined, appendBytesMax: 0 }
    return new LogRig(under, this.clock).claim()
  }

  async end(): Promise<void> {
    for (const log of this.#opened) await log.close()
    for (const folder of this.#folders) await rm(folder, { recursive: true })
  }

  async #makeFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-log-'))
    this.#folders.push(folder)
    return folder
  }

  #batches(log: EmbeddedLog, claim: Claim, offset: number): AsyncIterable<LogBatch> {
    return log.read(claim, { position: { offset, note: '' }, bytesMax: 1_048_576 })
  }
}

/** What a reader got. */
export type Reading = {
  readonly rows: readonly Row[]
  readonly values: readonly (string | null)[]
  readonly rejected: readonly RejectedRange[]
}
