import type { Clock } from '../../std/clock.ts'
import type { Disk } from './disk.ts'
import type { EmbeddedLimits } from './embedded-limits.ts'
import { unlinkIfThere } from './segment/segment.ts'

/** The free space is asked for at most so often. */
const CHECK_MS = 1_000

/** Refused first: collectors spool them (D5). */
const SHED_TOPIC = 'readings'

/** Written as long as the disk takes them: what people are told, and what state hangs on. */
const VITAL_TOPICS: ReadonlySet<string> = new Set([
  'transitions',
  'commands',
  'notices',
  'checkpoints',
])

/** Refuses appends before the disk is full, and keeps a reserve for the metadata. */
export class FreeSpace {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #limits: EmbeddedLimits
  readonly #folder: string
  #checkedAt = 0
  #freeShare = Number.POSITIVE_INFINITY
  #isExhausted = false
  #failure: unknown
  #checking: Promise<void> | undefined

  constructor(
    folder: string,
    {
      disk,
      clock,
      limits,
    }: {
      readonly disk: Disk
      readonly clock: Clock
      readonly limits: EmbeddedLimits
    },
  ) {
    this.#folder = folder
    this.#disk = disk
    this.#clock = clock
    this.#limits = limits
  }

  /** Looks once, and makes the reserve if there is room for it. */
  async open(): Promise<void> {
    await this.#check()
  }

  /** Why a record of the topic may not be written now; undefined when it may. */
  refusal(topic: string): string | undefined {
    if (this.#clock.now() - this.#checkedAt >= CHECK_MS) this.#checking ??= this.#check()
    if (this.#isExhausted) return 'the disk has no room left'
    if (VITAL_TOPICS.has(topic)) return undefined
    if (this.#failure !== undefined) return `the free space is unknown (${String(this.#failure)})`
    if (this.#freeShare >= (topic === SHED_TOPIC ? 1 : 0.5)) return undefined
    return 'the disk has less free space than the floor'
  }

  /** A write met a full disk: nothing is admitted until there is room again. */
  exhausted(): void {
    this.#isExhausted = true
    this.#checkedAt = this.#clock.now()
    this.#checking ??= this.#release()
  }

  async settled(): Promise<void> {
    await this.#checking
  }

  async #release(): Promise<void> {
    try {
      await unlinkIfThere(this.#disk, this.#reserve)
    } catch (error) {
      this.#failure = error
      return
    } finally {
      this.#checking = undefined
    }
  }

  async #check(): Promise<void> {
    this.#checkedAt = this.#clock.now()
    const { freeBytesMin, freeRatioMin, reserveBytes } = this.#limits
    try {
      const { freeBytes, bytesTotal } = await this.#disk.space(this.#folder)
      this.#freeShare = freeBytes / Math.max(freeBytesMin, freeRatioMin * bytesTotal)
      this.#failure = undefined
      if (freeBytes < 2 * reserveBytes) return
      await this.#makeReserve()
      this.#isExhausted = false
    } catch (error) {
      // Without an answer nothing but the vital is written; the next second asks again.
      this.#failure = error
      return
    } finally {
      this.#checking = undefined
    }
  }

  async #makeReserve(): Promise<void> {
    const { reserveBytes } = this.#limits
    const files = await this.#disk.list(this.#folder)
    if (files.some(({ name, size }) => name === 'reserve' && size >= reserveBytes)) return
    await unlinkIfThere(this.#disk, this.#reserve)
    const file = await this.#disk.open(this.#reserve, 'create')
    try {
      await file.write(new Uint8Array(reserveBytes), 0)
    } finally {
      await file.close()
    }
  }

  get #reserve(): string {
    return `${this.#folder}/reserve`
  }
}
