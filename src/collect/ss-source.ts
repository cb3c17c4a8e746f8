import { createHmac } from 'node:crypto'
import type { Clock } from '../std/clock.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import { parseSs, type SsSocket } from '../wire/ss/ss-text.ts'
import {
  ConnectionDeltas,
  type ConnectionDelta,
  type ConnectionSample,
} from './connection-deltas.ts'
import type { BeatInput } from './heartbeat.ts'
import type { ReadingIntake } from './reading-intake.ts'
import type { RecordBatch } from './record-batch.ts'
import type { SsRunner } from './run-ss.ts'
import { socketFilter, streamNaming, type SocketFilter, type StreamRule } from './stream-rules.ts'

export type SsSourceOptions = {
  readonly clock: Clock
  readonly site: string
  readonly intake: ReadingIntake
  readonly batch: RecordBatch
  readonly run: SsRunner
  readonly filter: SocketFilter
  readonly rules: readonly StreamRule[]
  /** Keys the names of connections where the kernel gives no cookie; never stored. */
  readonly nameKey: string | Uint8Array
}

/** How the source is doing, for people and metrics. */
export type SsHealth = {
  readonly pollCount: number
  readonly failureCount: number
  /** Why the last poll failed; undefined after a good one. */
  readonly reason: string | undefined
  readonly badLineCount: number
  readonly badValueCount: number
  /** Connections that were too many to follow (D5). */
  readonly refusedCount: number
}

type SocketSample = ConnectionSample & { readonly socket: SsSocket; readonly stream: string }

const PERIOD_MS = 1_000
const BACK_OFF_MS_MAX = 30_000
/** Sockets that carry data; others have no counters and are passed over in any case. */
const STATES = ['ESTAB', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'LAST-ACK', 'CLOSING']

/**
 * This host's TCP connections, once a second: counters to deltas (C1, C2), one reading for each
 * connection that did something. No address leaves: a connection is named by the kernel's cookie,
 * else by a keyed hash, and is its own session where none is known. While `ss` fails, `appendedTo`
 * stands still, so no window closes on what was not seen.
 */
export class SsSource implements BeatInput {
  readonly #options: SsSourceOptions
  readonly #deltas = new ConnectionDeltas({ periodMs: PERIOD_MS })
  readonly #takes: (socket: SsSocket) => boolean
  readonly #streamOf: (socket: SsSocket) => string
  #appendedTo: number | undefined
  #failuresInRow = 0
  #health = { pollCount: 0, failureCount: 0, badLineCount: 0, badValueCount: 0 }
  #reason: string | undefined

  /** @throws COLLECT_ADDRESS_INVALID */
  constructor(options: SsSourceOptions) {
    this.#options = options
    this.#takes = socketFilter({ states: STATES, ...options.filter })
    this.#streamOf = streamNaming(options.rules)
  }

  get health(): SsHealth {
    return { ...this.#health, reason: this.#reason, refusedCount: this.#deltas.refusedCount }
  }

  appendedTo(): number | undefined {
    return this.#appendedTo
  }

  backlogBytes(): number {
    return this.#options.batch.bytes
  }

  /** Polls until the signal aborts; a failing `ss` is tried again, ever less often up to 30 s. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      const startedAt = clock.now()
      this.#reason = await this.#poll(signal)
      this.#failuresInRow = this.#reason === undefined ? 0 : this.#failuresInRow + 1
      const backOffMs = PERIOD_MS * 2 ** Math.min(this.#failuresInRow, 5)
      const waitMs = this.#failuresInRow === 0 ? PERIOD_MS : Math.min(backOffMs, BACK_OFF_MS_MAX)
      await clock.sleep(Math.max(0, startedAt + waitMs - clock.now()), signal)
    }
  }

  /** Why this poll failed, or undefined. What it read stays in the batch and goes with the next. */
  async #poll(signal: AbortSignal): Promise<string | undefined> {
    const { clock, run, batch } = this.#options
    try {
      // What still waits goes first: a gap in the polls costs nothing, its deltas are spread (C2).
      await batch.flush()
      const text = await run(signal)
      const at = clock.now()
      this.#read(text, at)
      await batch.flush()
      this.#appendedTo = at
      this.#health.pollCount++
      return undefined
    } catch (error) {
      if (!(error instanceof NocturneError) || !error.entry.retry) throw error
      if (!signal.aborted) this.#health.failureCount++
      return error.message
    }
  }

  #read(text: string, at: number): void {
    const { intake, batch } = this.#options
    const dump = parseSs(text)
    this.#health.badLineCount += dump.badLineCount
    this.#health.badValueCount += dump.badValueCount
    for (const delta of this.#deltas.poll(at, this.#samples(dump.sockets))) {
      const admission = intake.row(this.#row(delta), { position: `poll ${at}` })
      if (admission.ok && admission.record !== undefined) batch.add(admission.record)
    }
    batch.addRejected(intake.takeRejected())
  }

  *#samples(sockets: readonly SsSocket[]): Generator<SocketSample> {
    for (const socket of sockets) {
      const { counters } = socket
      if (counters === undefined || !this.#takes(socket)) continue
      yield {
        conn: this.#connOf(socket),
        stream: this.#streamOf(socket),
        socket,
        counters: {
          retrans: counters.retrans,
          segs_out: counters.segsOut,
          bytes_sent: counters.bytesSent,
          bytes_retrans: counters.bytesRetrans,
          dsack_dups: counters.dsackDups,
        },
      }
    }
  }

  #connOf({ sk, local, peer }: SsSocket): string {
    const { site, nameKey } = this.#options
    if (sk !== undefined) return `${site}.${sk}`
    const ends = `${local.address} ${local.port} ${peer.address} ${peer.port}`
    return `${site}.h${createHmac('sha256', nameKey).update(ends).digest('hex').slice(0, 16)}`
  }

  #row(delta: ConnectionDelta<SocketSample>): Readonly<Record<string, unknown>> {
    const { sample, at, spanMs, isSpread, isLast, deltas } = delta
    const { conn, stream } = sample
    const row = { ts: at, site: this.#options.site, stream, session: conn, src: 'tcp', conn }
    const gauges = isLast ? gaugesOf(sample.socket) : {}
    return { ...row, ...deltas, ...gauges, ...(isSpread ? { spread: 1 } : {}), span_ms: spanMs }
  }
}

/** A rate that the sender limited itself says nothing of the path, so it is unknown. */
function gaugesOf({ counters }: SsSocket): Readonly<Record<string, number | undefined>> {
  if (counters === undefined) return {}
  const { rttMs, minRttMs, cwnd, deliveryRateKbps, isAppLimited } = counters
  return {
    rtt_ms: rttMs,
    min_rtt_ms: minRttMs,
    cwnd,
    delivery_rate_kbps: isAppLimited ? undefined : deliveryRateKbps,
  }
}
