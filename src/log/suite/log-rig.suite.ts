import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { utf8, utf8Text } from '../../std/bytes.ts'
import type { SimulatedClock } from '../../std/simulated-clock.ts'
import type { Claim, GroupSpec, Log, LogBatch, LogGroups, TopicSpec } from '../log.ts'
import type { LogUnderTest } from './log-under-test.suite.ts'

/** Turns of the event loop that a condition may take: seconds on a slow disk, never for ever. */
const TURNS_MAX = 20_000

/** A row as a test compares it; `null` is absent, '' is empty. */
export type Row = {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
}

/** What a case works with: one log, its clock, and the claims and iterators it opened. */
export class LogRig {
  readonly clock: SimulatedClock
  readonly under: LogUnderTest
  readonly #ending = new AbortController()
  #opened: (Log & LogGroups) | undefined

  constructor(under: LogUnderTest, clock: SimulatedClock) {
    this.under = under
    this.clock = clock
  }

  async log(): Promise<Log & LogGroups> {
    this.#opened ??= await this.under.open()
    return this.#opened
  }

  /** Closes the log and opens it again; `meanwhile` runs while it is closed. */
  async reopen(meanwhile: () => Promise<void> = async () => undefined): Promise<Log & LogGroups> {
    await this.#opened?.close()
    this.#opened = undefined
    await meanwhile()
    return this.log()
  }

  async end(): Promise<void> {
    this.#ending.abort()
    await this.#opened?.close()
    this.#opened = undefined
    await this.under.destroy()
  }

  /** The log with one topic made: one partition, kept for ever, unless said otherwise. */
  async withTopic(changes: Partial<TopicSpec> = {}): Promise<Log & LogGroups> {
    const log = await this.log()
    await log.createTopic(topicSpec(changes))
    return log
  }

  /** A member of a group (or, without one, a reader of all) and the claims it was given. */
  async member(changes: Partial<GroupSpec> = {}): Promise<LogMember> {
    return new LogMember(await this.log(), groupSpec(changes), this.#ending.signal)
  }

  /** One claim on partition 0 of `rows`, coordinated with nobody. */
  async claim(changes: Partial<GroupSpec> = {}): Promise<Claim> {
    const member = await this.member(changes)
    await this.until(() => member.claims.length > 0)
    return member.claims[0]!
  }

  /** Lets I/O go on until the condition holds; moves the clock by `stepMs` a turn. */
  async until(condition: () => boolean | Promise<boolean>, stepMs = 0): Promise<void> {
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      if (await condition()) return
      await this.turn(stepMs)
    }
    assert.fail(`the condition did not hold within ${TURNS_MAX} turns`)
  }

  async turn(stepMs = 0): Promise<void> {
    this.clock.advance(stepMs)
    await (this.under.turn?.() ?? setImmediate())
  }

  /** The log's time, by which it stamps what is appended. */
  now(): number {
    return this.under.now?.() ?? this.clock.now()
  }

  /** Lets the log's time pass: by `ms` where it is ours to move, else by more than 1 ms. */
  async pass(ms: number): Promise<void> {
    const from = this.now()
    await this.turn(ms)
    await this.until(() => this.now() > from + 1)
  }

  /** The time that the log gave a row of partition 0. */
  async timeOf(offset: number): Promise<number> {
    const log = await this.log()
    const reading = log.read(await this.claim(), { position: { offset, note: '' }, bytesMax: 1 })
    for await (const batch of reading) return batch.times[0]!
    return assert.fail(`nothing at ${offset}`)
  }

  /** Every row from `offset` to the log's end at the time of the call. */
  async rowsFrom(offset: number, bytesMax = 1_048_576, topic = 'rows'): Promise<Row[]> {
    const log = await this.log()
    const member = await this.member({ topics: [topic] })
    await this.until(() => member.claims.length > 0)
    const claim = member.claims[0]!
    const end = (await log.ends(topic))[0]!.end
    const rows: Row[] = []
    if (offset >= end) return rows
    for await (const batch of log.read(claim, { position: { offset, note: '' }, bytesMax })) {
      rows.push(...rowsOf(batch))
      if (batch.next >= end) break
    }
    member.leave()
    return rows
  }
}

/** Collects the claims of one `claims` call until it leaves. */
export class LogMember {
  readonly claims: Claim[] = []
  /** Settles when its iterator has ended. */
  readonly ended: Promise<void>
  readonly #leaving = new AbortController()

  constructor(log: Log, spec: GroupSpec, ending: AbortSignal) {
    this.ended = this.#collect(log, spec, AbortSignal.any([this.#leaving.signal, ending]))
    // Awaited by those who ask; here only so that a failure nobody asks about is no crash.
    this.ended.catch(() => undefined)
  }

  leave(): void {
    this.#leaving.abort()
  }

  /** Claims still good: not revoked, not lost. */
  get live(): Claim[] {
    return this.claims.filter((claim) => !claim.signal.aborted)
  }

  async #collect(log: Log, spec: GroupSpec, signal: AbortSignal): Promise<void> {
    for await (const claim of log.claims(spec, signal)) this.claims.push(claim)
  }
}

/** A topic `rows` with one partition that keeps everything. */
export const topicSpec = (changes: Partial<TopicSpec> = {}): TopicSpec => ({
  topic: 'rows',
  partitions: 1,
  cleanup: 'delete',
  retentionMs: -1,
  retentionBytes: -1,
  durability: 'ack',
  recordBytesMax: 1_048_576,
  ...changes,
})

const groupSpec = (changes: Partial<GroupSpec>): GroupSpec => ({
  topics: ['rows'],
  start: 'earliest',
  sessionMs: 10_000,
  rebalanceMs: 60_000,
  ...changes,
})

/** Records whose values are the texts given. */
export const records = (...values: string[]): { value: Uint8Array }[] =>
  values.map((value) => ({ value: utf8(value) }))

/** The rows of a batch, copied out of its buffers. */
export function rowsOf(batch: LogBatch): Row[] {
  const text = ({ bytes, starts, lengths }: LogBatch['keys'], row: number) =>
    lengths[row]! < 0 ? null : utf8Text(bytes.slice(starts[row]!, starts[row]! + lengths[row]!))
  return Array.from({ length: batch.count }, (_, row) => ({
    offset: batch.offsets[row]!,
    key: text(batch.keys, row),
    value: text(batch.values, row),
  }))
}
