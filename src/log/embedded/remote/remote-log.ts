import type { MessagePort } from 'node:worker_threads'
import { plainCodecs, type Codecs } from '../../../wire/record-batch/codecs.ts'
import { NocturneError } from '../../../model/nocturne-error.ts'
import type {
  Claim,
  GroupSpec,
  Log,
  LogBatch,
  LogRecord,
  Position,
  ReadOptions,
  TopicSpec,
} from '../../log.ts'
import type { Disk } from '../disk.ts'
import { nodeDisk } from '../node-disk.ts'
import { OpenReaders } from '../read/open-readers.ts'
import { routeRows, type Topic } from '../route-rows.ts'
import { AppendWindow } from './append-window.ts'
import { LogCells } from './log-cells.ts'
import { LogLine } from './log-line.ts'
import type { TopicPlace } from './log-protocol.ts'
import { packRows } from './pack-rows.ts'
import { RemoteClaims } from './remote-claims.ts'
import { RemotePartition, type RemoteHouse } from './remote-partition.ts'

/** What a thread is given to read and append: plain data, and the port is transferred. */
export type RemoteTicket = {
  readonly port: MessagePort
  readonly cells: SharedArrayBuffer
  readonly batchBytes: number
  readonly indexEveryBytes: number
  /** Appends under way to the thread that writes; beyond it the next one waits (D5). */
  readonly underWayBytesMax: number
}

type RemoteTopic = Topic<RemotePartition>

/** The log of another thread, over the port of a ticket that it gave out. */
export const openRemoteLog = (
  ticket: RemoteTicket,
  given: { readonly disk?: Disk; readonly codecs?: Codecs } = {},
): Log => {
  const { disk = nodeDisk, codecs = plainCodecs } = given
  return new RemoteLog(ticket, { disk, codecs })
}

/**
 * Reads the segment files by itself; everything that is written goes through the thread that
 * opened the log. An append is encoded here and copied once there.
 */
class RemoteLog implements Log {
  readonly #ticket: RemoteTicket
  readonly #line: LogLine
  readonly #house: RemoteHouse
  readonly #window: AppendWindow
  readonly #claims: RemoteClaims
  readonly #readers = new OpenReaders()
  /** Topics that were asked for, and those that the answer is here of. */
  readonly #topics = new Map<string, Promise<RemoteTopic>>()
  readonly #known = new Map<string, RemoteTopic>()
  readonly #appends = new Set<Promise<void>>()
  readonly #closing = new AbortController()
  /** Appends that wait for their topic to be known. */
  #late = 0
  #closed: Promise<void> | undefined

  constructor(ticket: RemoteTicket, { disk, codecs }: Pick<RemoteHouse, 'disk' | 'codecs'>) {
    this.#ticket = ticket
    this.#line = new LogLine(ticket.port, {
      news: (news) => this.#claims.take(news),
      cut: () => this.#end(),
    })
    const { indexEveryBytes } = ticket
    const cells = new LogCells(ticket.cells)
    this.#house = { disk, codecs, line: this.#line, cells, indexEveryBytes }
    this.#claims = new RemoteClaims(this.#line)
    this.#window = new AppendWindow(ticket.underWayBytesMax)
  }

  async createTopic(spec: TopicSpec): Promise<void> {
    this.#assertOpen()
    await this.#line.ask('createTopic', spec)
    this.#topics.delete(spec.topic)
    this.#known.delete(spec.topic)
  }

  /**
   * Not async, so that nothing holds the rows while they become durable.
   */
  append(name: string, rows: readonly LogRecord[]): Promise<void> {
    const topic =
      this.#late === 0 && !this.#closing.signal.aborted ? this.#known.get(name) : undefined
    const appended = topic === undefined ? this.#appendLate(name, rows) : this.#send(topic, rows)
    this.#appends.add(appended)
    return appended.finally(() => this.#appends.delete(appended))
  }

  async *claims(spec: GroupSpec, signal: AbortSignal): AsyncGenerator<Claim> {
    this.#assertOpen()
    yield* this.#claims.granted(spec, AbortSignal.any([signal, this.#closing.signal]))
  }

  async position(claim: Claim): Promise<Position> {
    this.#assertOpen()
    return this.#line.ask('position', this.#claims.idOf(claim))
  }

  async *read(claim: Claim, options: ReadOptions): AsyncGenerator<LogBatch> {
    this.#assertOpen()
    const { partitions } = await this.#topic(claim.topic)
    const ending = AbortSignal.any([claim.signal, this.#closing.signal])
    yield* this.#readers.read(partitions[claim.partition]!, options, ending)
  }

  async commit(claim: Claim, offset: number, note = ''): Promise<void> {
    this.#assertOpen()
    return this.#line.ask('commit', { claim: this.#claims.idOf(claim), offset, note })
  }

  async ends(topic: string): Promise<readonly { readonly start: number; readonly end: number }[]> {
    this.#assertOpen()
    return this.#line.ask('ends', topic)
  }

  /** Ends readers and claims, waits for appends that are under way, and lets go of the port. */
  close(): Promise<void> {
    this.#closed ??= this.#shutDown()
    return this.#closed
  }

  async #shutDown(): Promise<void> {
    this.#end()
    await Promise.allSettled([...this.#appends])
    await this.#readers.close()
    this.#line.close()
  }

  #end(): void {
    this.#closing.abort('lost')
    this.#claims.close()
  }

  /** Waits until the topic is known; calls that come meanwhile do not overtake it. */
  async #appendLate(name: string, given: readonly LogRecord[]): Promise<void> {
    this.#assertOpen()
    const rows = given.map(copyOf)
    this.#late++
    let topic: RemoteTopic
    try {
      topic = await this.#topic(name)
    } finally {
      this.#late--
    }
    return this.#send(topic, rows)
  }

  #send(topic: RemoteTopic, rows: readonly LogRecord[]): Promise<void> {
    const { underWayBytesMax, batchBytes } = this.#ticket
    const answered = Promise.withResolvers<void>()
    try {
      const routed = routeRows(topic, rows, underWayBytesMax)
      if (routed.length === 0) return Promise.resolve()
      const bytes = routed.reduce((sum, part) => sum + part.bytes, 0)
      // Copied at once, also where it has to wait: the caller's bytes are its own again.
      const given = { topic: topic.spec.topic, ...packRows(routed, batchBytes) }
      this.#window.enter(bytes, () => {
        const call = this.#line.ask('append', given, [given.bytes.buffer])
        answered.resolve(call.finally(() => this.#window.leave(bytes)))
      })
    } catch (error) {
      answered.reject(error)
      return answered.promise
    }
    return answered.promise
  }

  #topic(name: string): Promise<RemoteTopic> {
    const asked = this.#topics.get(name) ?? this.#ask(name)
    this.#topics.set(name, asked)
    return asked
  }

  async #ask(name: string): Promise<RemoteTopic> {
    const { spec, partitions } = await this.#place(name)
    const isCompacted = spec.cleanup === 'compact'
    const topic: RemoteTopic = {
      spec,
      calls: 0,
      partitions: partitions.map(
        ({ folder, line }, partition) =>
          new RemotePartition(this.#house, {
            at: { topic: name, partition },
            isCompacted,
            folder,
            line,
          }),
      ),
    }
    this.#known.set(name, topic)
    return topic
  }

  async #place(name: string): Promise<TopicPlace> {
    try {
      return await this.#line.ask('topic', name)
    } catch (error) {
      // It may be made later, so the next call asks again.
      this.#topics.delete(name)
      throw error
    }
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new NocturneError('LOG_CLOSED', 'in this thread')
  }
}

const copyOf = ({ key, value, ...rest }: LogRecord): LogRecord => ({
  ...rest,
  ...(key && { key: key.slice() }),
  ...(value && { value: value.slice() }),
})
