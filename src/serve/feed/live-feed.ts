import type { Clock } from '../../std/clock.ts'
import type { Hello, LiveEvents, Reset, Snapshot } from '../contract.ts'
import { LiveQueue, type FeedSocket, type Frame } from './live-queue.ts'

export type LiveFeedOptions = {
  readonly clock: Clock
  /** Changes with every start of the program: an id of another epoch cannot be resumed. */
  readonly epoch: string
  readonly hello: () => Hello
  /** Kept ready by the caller, no older than a second (U19). */
  readonly snapshot: (asOf: number, stepsSeq: number) => Snapshot
  /** Spreads reconnects: a number in [0, 1). */
  readonly jitter: () => number
  readonly count: (what: string, reason: string) => void
  readonly clientsMax: number
}

/** U15: how much of the past can be resumed. */
const RING_MS = 60_000
const RING_BYTES_MAX = 32 * 1_024 * 1_024
/** U16: a socket that takes nothing for this long is cut. */
const STALLED_MS = 30_000

type Client = {
  readonly socket: FeedSocket
  readonly queue: LiveQueue
  /** When the socket stopped taking; undefined while it takes. */
  blockedAt: number | undefined
}
type Kept = Frame & { readonly at: number }

/** Keyed events are pictures, each whole; the others are facts, none of which may be missed. */
const COALESCING: ReadonlySet<string> = new Set(['roster', 'cells', 'sites'])

/**
 * Fans events out to walls: one text per event, a ring to resume from, one bounded queue per
 * client. Ids are `epoch.seq` in one sequence (SPEC U14, U15, U16).
 */
export class LiveFeed {
  readonly #options: LiveFeedOptions
  readonly #clients = new Set<Client>()
  #ring: Kept[] = []
  #ringBytes = 0
  #seq = 0
  #stepsSeq = 0
  #ready = { seq: -1, text: '' }
  #isClosed = false

  constructor(options: LiveFeedOptions) {
    this.#options = options
  }

  get clientCount(): number {
    return this.#clients.size
  }

  /** Seq of the newest `steps` frame: what the next one calls `prev`. */
  get stepsSeq(): number {
    return this.#stepsSeq
  }

  /** Sends one event to every client, and keeps it to be resumed from. */
  publish<E extends keyof LiveEvents>(event: E, payload: LiveEvents[E]): void {
    this.#seq += 1
    if (event === 'steps') this.#stepsSeq = this.#seq
    const text = this.#text(event, payload, this.#seq)
    const frame = COALESCING.has(event)
      ? { seq: this.#seq, key: event, text }
      : { seq: this.#seq, text }
    this.#keep(frame)
    for (const client of this.#clients) this.#offer(client, frame)
  }

  /** Begins one connection: what it missed since `lastEventId`, else `reset` and the snapshot. */
  open(socket: FeedSocket, lastEventId: string | undefined): boolean {
    if (this.#isClosed || this.#clients.size >= this.#options.clientsMax) {
      this.#options.count('feed_refused', this.#isClosed ? 'stopping' : 'clients')
      return false
    }
    const client: Client = { socket, queue: new LiveQueue(), blockedAt: undefined }
    this.#clients.add(client)
    socket.onClose(() => this.#clients.delete(client))
    socket.onDrain(() => {
      client.blockedAt = undefined
      this.#flush(client)
    })
    // U14: 200 walls must not come back in the same moment.
    const retryMs = 1_000 + Math.floor(this.#options.jitter() * 3_000)
    this.#write(client, `retry: ${retryMs}\n${this.#text('hello', this.#options.hello())}`)
    const missed = this.#missed(lastEventId)
    if (typeof missed === 'string') this.#reset(client, missed)
    else for (const frame of missed) this.#offer(client, frame)
    return true
  }

  /**
   * Gives every client the whole picture anew, and lets nobody resume from before: what was folded
   * meanwhile was not sent step by step.
   */
  restart(): void {
    this.#ring = []
    this.#ringBytes = 0
    this.#ready = { seq: -1, text: '' }
    for (const client of this.#clients) {
      client.queue.take()
      this.#reset(client, 'restored')
    }
  }

  /** Once a second: a sign of life to idle clients, and the end of those that take nothing. */
  tick(): void {
    const now = this.#options.clock.now()
    for (const client of this.#clients) {
      if (client.blockedAt === undefined) {
        if (client.queue.size === 0) this.#write(client, ':\n\n')
      } else if (now - client.blockedAt >= STALLED_MS) {
        this.#options.count('feed_cut', 'stalled')
        this.#clients.delete(client)
        client.socket.destroy()
      }
    }
  }

  /** Says `bye` to everybody and ends; nobody is let in any more. */
  close(): void {
    this.#isClosed = true
    for (const { socket } of this.#clients) {
      socket.write(this.#text('bye', { why: 'stopping' }))
      socket.end()
    }
    this.#clients.clear()
  }

  #text<E extends keyof LiveEvents>(event: E, payload: LiveEvents[E], seq?: number): string {
    const id = seq === undefined ? '' : `id: ${this.#options.epoch}.${seq}\n`
    return `event: ${event}\n${id}data: ${JSON.stringify(payload)}\n\n`
  }

  #keep(frame: Frame): void {
    const at = this.#options.clock.now()
    this.#ring.push({ ...frame, at })
    this.#ringBytes += frame.text.length
    let gone = 0
    for (const old of this.#ring) {
      if (at - old.at <= RING_MS && this.#ringBytes <= RING_BYTES_MAX) break
      this.#ringBytes -= old.text.length
      gone += 1
    }
    if (gone > 0) this.#ring = this.#ring.slice(gone)
  }

  /** Steps since then and the newest of each picture, or why there is no way back. */
  #missed(lastEventId: string | undefined): readonly Frame[] | Reset['why'] {
    if (lastEventId === undefined) return 'start'
    const [epoch, seqText] = lastEventId.split('.')
    const seq = Number(seqText)
    if (epoch !== this.#options.epoch || !Number.isSafeInteger(seq)) return 'epoch'
    if (seq > this.#seq) return 'epoch'
    const oldest = this.#ring[0]?.seq ?? this.#seq + 1
    if (seq < oldest - 1) return 'ring'
    const queue = new LiveQueue()
    for (const frame of this.#ring) {
      if (frame.seq > seq && queue.add(frame) === 'overflow') return 'overflow'
    }
    return queue.take()
  }

  /** Encoded once however many come back together, until the next event. */
  #snapshot(): string {
    if (this.#ready.seq !== this.#seq) {
      const snapshot = this.#options.snapshot(this.#seq, this.#stepsSeq)
      this.#ready = { seq: this.#seq, text: this.#text('snapshot', snapshot, this.#seq) }
    }
    return this.#ready.text
  }

  #reset(client: Client, why: Reset['why']): void {
    this.#write(client, this.#text('reset', { why }) + this.#snapshot())
  }

  #offer(client: Client, frame: Frame): void {
    if (client.queue.add(frame) === 'overflow') {
      this.#options.count('feed_reset', 'overflow')
      this.#reset(client, 'overflow')
      return
    }
    this.#flush(client)
  }

  #flush(client: Client): void {
    if (client.blockedAt !== undefined || client.queue.size === 0) return
    const frames = client.queue.take()
    this.#write(client, frames.map(({ text }) => text).join(''))
  }

  #write(client: Client, text: string): void {
    const takesMore = client.socket.write(text)
    if (!takesMore) client.blockedAt ??= this.#options.clock.now()
  }
}
