import type { Log, LogRecord } from '../log/log.ts'
import { utf8 } from '../std/bytes.ts'
import type { Clock } from '../std/clock.ts'
import { encodeReading } from '../wire/reading-codec.ts'

/** What a collector reads from; it answers for what was read and not for what may still come. */
export interface BeatInput {
  /**
   * Event time up to which all that it read is appended (resolved, not merely handed on): the clock
   * while nothing waits, never the clock while something does. Undefined: nothing can be said.
   */
  appendedTo(): number | undefined
  /** Bytes that were read but are not appended yet. */
  backlogBytes(): number
}

/** Who beats, for which site, and where. */
export type BeatOptions = {
  readonly log: Log
  readonly clock: Clock
  readonly site: string
  readonly collector: string
  /** Partitions of `readings`: each gets every beat, so that one without viewers moves on too. */
  readonly partitions: number
  readonly inputs: readonly BeatInput[]
}

const PERIOD_MS = 1_000

/**
 * What one heartbeat says. `finalAt` ends a recording: the beat closes every window however far
 * ahead it is, and silence is not judged beyond that instant, the last row's.
 */
export type Beat = {
  readonly ts: number
  readonly site: string
  readonly collector: string
  readonly backlogBytes: number
  readonly finalAt?: number
}

/** The heartbeat's records, one for each partition by number, with fields in canonical order. */
export function beatRecords(beat: Beat, partitions: number): readonly LogRecord[] {
  const { ts, site, collector, backlogBytes, finalAt } = beat
  const row = { ts, site, stream: '-', collector, src: 'beat', backlog: backlogBytes }
  const value = utf8(encodeReading(finalAt === undefined ? row : { ...row, final: finalAt }))
  const key = utf8('-')
  return Array.from({ length: partitions }, (_, partition) => ({ key, value, partition }))
}

/**
 * Appends a heartbeat to every partition each second until the signal aborts (W10). Its time is the
 * least of all inputs' and never moves back; while one of them cannot say, there is none.
 * @throws what the log throws; the supervisor begins again.
 */
export async function beatEverySecond(options: BeatOptions, signal: AbortSignal): Promise<void> {
  const { log, clock, site, collector, partitions, inputs } = options
  let ts = -Infinity
  while (!signal.aborted) {
    const times = inputs.map((input) => input.appendedTo())
    const least = Math.min(...times.map((time) => time ?? -Infinity))
    if (Number.isFinite(least)) {
      ts = Math.max(ts, Math.floor(least))
      const backlogBytes = inputs.reduce((sum, input) => sum + input.backlogBytes(), 0)
      await log.append('readings', beatRecords({ ts, site, collector, backlogBytes }, partitions))
    }
    await clock.sleep(PERIOD_MS, signal)
  }
}
