import type { SimulatedClock } from '../../std/simulated-clock.ts'
import type { Log, LogGroups } from '../log.ts'

/** One adapter over one place of its own, empty at first. */
export type LogUnderTest = {
  /** Opens the same place again after `close`, so durable adapters show what they kept. */
  open(): Promise<Log & LogGroups>
  /** Removes the place; nothing is open any more. */
  destroy(): Promise<void>
  /** Appends beyond so many waiting (or kept) bytes are refused with LOG_FULL. */
  readonly appendBytesMax: number
  /** The log's time, where it is not the clock's that the factory was given. */
  now?(): number
  /** What a turn waits for, where other processes take part; a pass of our event loop if absent. */
  turn?(): Promise<void>
  /** Makes the next write to the disk fail, for adapters with a disk (L11). */
  failNextWrite?(): void
  /**
   * Puts a whole record batch behind what a partition holds, as another writer would: for adapters
   * that may meet such (L19, L20). The log is closed meanwhile.
   */
  appendBatch?(topic: string, partition: number, batch: Uint8Array): Promise<void>
}

/** Makes one, with its time from the clock given; `open` may be called again after `close`. */
export type LogFactory = (clock: SimulatedClock) => Promise<LogUnderTest>
