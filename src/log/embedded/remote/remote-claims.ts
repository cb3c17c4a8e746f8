import { Bell } from '../../../std/bell.ts'
import { NocturneError } from '../../../model/nocturne-error.ts'
import type { Claim, GroupSpec } from '../../log.ts'
import type { LogLine } from './log-line.ts'
import type { LogNews } from './log-protocol.ts'

/** One `claims` call: what was granted and not yet asked for. */
type Stream = { readonly granted: Claim[]; readonly bell: Bell; isOver: boolean }

type Held = { readonly claim: Claim; readonly control: AbortController; readonly stream: Stream }

/** The claims that this thread has of a log that another one writes. */
export class RemoteClaims {
  readonly #line: LogLine
  readonly #streams = new Map<number, Stream>()
  readonly #held = new Map<number, Held>()
  readonly #ids = new WeakMap<Claim, number>()
  #streamIds = 0

  constructor(line: LogLine) {
    this.#line = line
  }

  /** Yields what is granted until the signal aborts; to stop iterating is to leave. */
  async *granted(spec: GroupSpec, signal: AbortSignal): AsyncGenerator<Claim> {
    const id = ++this.#streamIds
    const stream: Stream = { granted: [], bell: new Bell(), isOver: false }
    this.#streams.set(id, stream)
    // At once, and not when the iterator is next asked: its readers have to stop now.
    const leave = (): void => this.#leave(id)
    signal.addEventListener('abort', leave, { once: true })
    const ended = this.#line.ask('claims', { stream: id, spec }).finally(() => {
      stream.isOver = true
      stream.bell.ring()
    })
    // Met below, once what was granted before the failure is out.
    ended.catch(() => undefined)
    if (signal.aborted) leave()
    try {
      while (!signal.aborted) {
        const [claim] = stream.granted.splice(0, 1)
        if (claim !== undefined) yield claim
        else if (stream.isOver) return await ended
        else await stream.bell.wait(signal)
      }
    } finally {
      signal.removeEventListener('abort', leave)
      leave()
    }
  }

  take(news: LogNews): void {
    if (news.news === 'aborted') this.#abort(news.claim, news.reason)
    else this.#grant(news)
  }

  /** The number under which the other side knows a claim. @throws LOG_FENCED */
  idOf(claim: Claim): number {
    const id = this.#ids.get(claim)
    if (id !== undefined) return id
    throw new NocturneError('LOG_FENCED', `${claim.topic}/${claim.partition}, of another log`)
  }

  /** All claims are lost. */
  close(): void {
    for (const id of [...this.#held.keys()]) this.#abort(id, 'lost')
  }

  #grant({ stream: streamId, claim: id, at, group, generation }: LogNews & { news: 'claim' }) {
    const stream = this.#streams.get(streamId)
    if (stream === undefined) return this.#line.tell({ notice: 'release', claim: id })
    const control = new AbortController()
    const claim: Claim = {
      ...at,
      ...(group === undefined ? {} : { group }),
      generation,
      signal: control.signal,
      release: () => this.#release(id),
    }
    this.#held.set(id, { claim, control, stream })
    this.#ids.set(claim, id)
    stream.granted.push(claim)
    stream.bell.ring()
  }

  #abort(id: number, reason: unknown): void {
    const held = this.#held.get(id)
    if (held === undefined) return
    this.#held.delete(id)
    held.control.abort(reason)
    const { granted } = held.stream
    const waiting = granted.indexOf(held.claim)
    if (waiting < 0) return
    // Nobody has seen it, so nobody would release it.
    granted.splice(waiting, 1)
    this.#release(id)
  }

  /** Its signal aborts when the other side has taken it back. */
  #release(id: number): void {
    this.#line.tell({ notice: 'release', claim: id })
  }

  #leave(id: number): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    this.#streams.delete(id)
    this.#line.tell({ notice: 'leave', stream: id })
    for (const claim of stream.granted.splice(0)) claim.release()
  }
}
