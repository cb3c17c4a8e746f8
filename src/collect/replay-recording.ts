import { readToEnd, type Log, type LogRecord } from '../log/log.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import type { Clock } from '../std/clock.ts'
import { fileLines } from './file-source.ts'
import { beatRecords } from './heartbeat.ts'
import { isBlankLine, type SourceLine } from './ndjson-lines.ts'
import type { Admission, ReadingIntake } from './reading-intake.ts'

/** How a recording is played. */
export type ReplayOptions = {
  readonly log: Log
  readonly clock: Clock
  readonly path: string
  readonly intake: ReadingIntake
  readonly collector: string
  /** The site of rows that name none. */
  readonly site: string
  readonly partitions: number
  /** Rows appended at a time, at most; long rows make fewer. */
  readonly batchRows: number
  readonly skewMs: number
  /** How far beyond the last row every window has closed: the greatest size + lateness. */
  readonly closeMs: number
  /** What a person may watch; the replay writes it. */
  readonly progress: { readBytes: number; rows: number }
}

/** Where a replay stands: enough to go on after a kill, and to tell what it has seen (D7). */
type ReplayState = {
  readonly v: 1
  readonly path: string
  line: number
  accepted: number
  rejected: number
  /** Greatest event time that moves watermarks, and greatest of all, skewed rows included. */
  newest: number | null
  furthest: number | null
  readonly sites: string[]
  ended: boolean
}

/** Records of one append: they go while they are young, which is what keeps memory small. */
const APPEND_BYTES_MAX = 262_144
/**
 * Bytes of appends under way at once, well within what the log lets wait for one partition; order
 * in a partition is that of the calls, awaited or not.
 */
const UNDER_WAY_BYTES_MAX = 2_097_152
const CHECKPOINT_EVERY_MS = 250
/** What a record takes beside its value, about; with it short rows are bounded too. */
const RECORD_BYTES = 32

/**
 * Appends a recording as fast as the log takes it. Time is the recording's: whenever the greatest
 * event time read enters a new second, every partition gets a heartbeat right behind that row, and
 * at the end one that closes all windows. Continues where a killed replay of the same log stopped.
 * @throws COLLECT_INPUT_UNREADABLE, REPLAY_DIFFERS, and what the log throws.
 */
export async function replayRecording(
  options: ReplayOptions,
): Promise<{ readonly accepted: number; readonly rejected: number }> {
  const replay = new Replay(options, await readState(options))
  if (!replay.state.ended) {
    for await (const chunk of fileLines(options.path)) {
      for (const line of chunk.lines) {
        replay.take(line)
        if (replay.isFull) await replay.flush()
      }
      options.progress.readBytes = chunk.readBytes
    }
    await replay.end()
  }
  return replay.state
}

class Replay {
  readonly state: ReplayState
  readonly #options: ReplayOptions
  readonly #underWay: Promise<void>[] = []
  #underWayBytes = 0
  #records: LogRecord[] = []
  #bytes = 0
  #rows = 0
  #passed: number
  #savedAt: number

  constructor(options: ReplayOptions, state: ReplayState) {
    this.#options = options
    this.state = state
    this.#passed = state.line
    this.#savedAt = options.clock.now()
  }

  get isFull(): boolean {
    return this.#rows >= this.#options.batchRows || this.#bytes >= APPEND_BYTES_MAX
  }

  take(line: SourceLine): void {
    if (line.number <= this.#passed) return
    const { state } = this
    state.line = line.number
    if (line.bytes !== undefined && isBlankLine(line.bytes)) return
    const place = { position: `line ${line.number}`, n: line.number, length: line.length }
    const admission = this.#options.intake.line(line.bytes, place)
    this.#rows++
    if (!admission.ok) {
      state.rejected++
      return
    }
    state.accepted++
    if (admission.record !== undefined) this.#push(admission.record)
    this.#beat(admission)
  }

  /** Starts the append of what was taken; waits only when too much is under way. */
  async flush(): Promise<void> {
    this.#startAll()
    if (this.#underWayBytes > UNDER_WAY_BYTES_MAX) await this.#settle()
    if (this.#options.clock.now() - this.#savedAt >= CHECKPOINT_EVERY_MS) await this.#save()
  }

  async end(): Promise<void> {
    const { newest, furthest } = this.state
    if (furthest !== null) {
      const finalAt = newest ?? furthest
      for (const site of this.state.sites) {
        this.#pushBeat({ site, ts: furthest + this.#options.closeMs, finalAt })
      }
    }
    await this.flush()
    this.state.ended = true
    await this.#save()
  }

  /** Not async, so that nothing holds the records while they become durable. */
  #startAll(): void {
    const { log, intake, progress } = this.#options
    const rejected = intake.takeRejected()
    if (this.#records.length > 0) this.#start(log.append('readings', this.#records))
    if (rejected.length > 0) this.#start(log.append('rejected', rejected))
    this.#underWayBytes += this.#bytes
    this.#records = []
    this.#bytes = 0
    this.#rows = 0
    progress.rows = this.state.accepted
  }

  #start(append: Promise<void>): void {
    // Its failure is met when it is awaited; until then it must not count as unhandled.
    append.catch(() => undefined)
    this.#underWay.push(append)
  }

  async #settle(): Promise<void> {
    this.#underWayBytes = 0
    for (const append of this.#underWay.splice(0)) await append
  }

  async #save(): Promise<void> {
    await this.#settle()
    await this.#options.log.append('checkpoints', [
      { key: utf8(keyOf(this.#options)), value: utf8(JSON.stringify(this.state)), partition: 0 },
    ])
    this.#savedAt = this.#options.clock.now()
  }

  #beat({ ts, site = this.#options.site }: Admission & { ok: true }): void {
    const { state } = this
    if (!state.sites.includes(site)) state.sites.push(site)
    state.furthest = Math.max(state.furthest ?? ts, ts)
    // A row from the future moves no watermark (W9), so it makes no heartbeat either.
    if (ts > this.#options.clock.now() + this.#options.skewMs) return
    const before = state.newest
    if (before !== null && ts <= before) return
    state.newest = ts
    if (before !== null && Math.floor(before / 1000) === Math.floor(ts / 1000)) return
    for (const each of state.sites) this.#pushBeat({ site: each, ts })
  }

  #pushBeat(beat: { site: string; ts: number; finalAt?: number }): void {
    const { collector, partitions } = this.#options
    for (const record of beatRecords({ ...beat, collector, backlogBytes: 0 }, partitions)) {
      this.#push(record)
    }
  }

  #push(record: LogRecord): void {
    this.#records.push(record)
    this.#bytes += RECORD_BYTES + (record.value?.length ?? 0)
  }
}

const keyOf = ({ collector }: ReplayOptions): string => `collect/${collector}`

async function readState(options: ReplayOptions): Promise<ReplayState> {
  let found: ReplayState | undefined
  for await (const batch of readToEnd(options.log, { topic: 'checkpoints', partition: 0 })) {
    for (let row = 0; row < batch.count; row++) {
      if (textAt(batch.keys, row) !== keyOf(options)) continue
      found = JSON.parse(textAt(batch.values, row)) as ReplayState
    }
  }
  if (found !== undefined && found.path !== options.path) {
    throw new NocturneError('REPLAY_DIFFERS', found.path)
  }
  return (
    found ?? {
      v: 1,
      path: options.path,
      line: 0,
      accepted: 0,
      rejected: 0,
      newest: null,
      furthest: null,
      sites: [],
      ended: false,
    }
  )
}

function textAt(
  { bytes, starts, lengths }: { bytes: Uint8Array; starts: Int32Array; lengths: Int32Array },
  row: number,
): string {
  return utf8Text(bytes.subarray(starts[row]!, starts[row]! + Math.max(0, lengths[row]!)))
}
