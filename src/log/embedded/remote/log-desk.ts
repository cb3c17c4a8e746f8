import type { MessagePort } from 'node:worker_threads'
import { NocturneError } from '../../../model/nocturne-error.ts'
import type { Claim, Log } from '../../log.ts'
import { AppendTicket } from '../append-ticket.ts'
import type { PartitionLog } from '../partition-log.ts'
import type { Topic } from '../route-rows.ts'
import type { Waiters } from '../waiters.ts'
import {
  plainError,
  type CallName,
  type LogAnswer,
  type LogCall,
  type LogCalls,
  type LogNews,
  type LogNotice,
} from './log-protocol.ts'

/** What a desk needs of the log whose thread it is in. */
export type DeskDeps = {
  readonly log: Log
  readonly topicOf: (name: string) => Topic<PartitionLog>
  /** Wakes whenever a queue has become shorter. */
  readonly drained: Waiters
  /** Aborts when the log closes. */
  readonly closing: AbortSignal
}

type Answerers = {
  readonly [Name in CallName]: (given: LogCalls[Name]['given']) => Promise<LogCalls[Name]['answer']>
}

/**
 * Serves one other thread, in the thread that writes. When that thread is gone its claims are
 * given to others, and what it had asked for and was not begun is dropped.
 */
export class LogDesk {
  readonly #deps: DeskDeps
  readonly #port: MessagePort
  readonly #gone = new AbortController()
  readonly #ending: AbortSignal
  readonly #answers = new Set<Promise<void>>()
  readonly #leaving = new Map<number, AbortController>()
  readonly #held = new Map<number, Claim>()
  readonly #answerers: Answerers
  #claimIds = 0
  /** Appends wait for room one behind another, so that their order holds. */
  #admitted: Promise<void> = Promise.resolve()

  /** `gone` is called when the other thread is. */
  constructor(deps: DeskDeps, port: MessagePort, gone: () => void) {
    const { log, topicOf } = deps
    this.#deps = deps
    this.#port = port
    this.#ending = AbortSignal.any([this.#gone.signal, deps.closing])
    this.#answerers = {
      createTopic: (spec) => log.createTopic(spec),
      topic: async (name) => placeOf(topicOf(name)),
      append: (given) => this.#append(given),
      segments: (at) => partitionAt(topicOf(at.topic), at.partition).segments.names(),
      index: async ({ topic, partition, base }) =>
        partitionAt(topicOf(topic), partition).indexOf(base),
      position: async (claim) => log.position(this.#claim(claim)),
      commit: async ({ claim, offset, note }) => log.commit(this.#claim(claim), offset, note),
      ends: (topic) => log.ends(topic),
      claims: (given) => this.#claims(given),
    }
    port.on('message', (message: LogCall | LogNotice) => {
      if ('notice' in message) this.#take(message)
      else void this.#answer(message)
    })
    port.on('close', () => {
      this.#end()
      gone()
    })
  }

  /** Cuts the other thread off once it has every answer; the log is closing. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#answers])
    this.#port.close()
  }

  async #answer<Name extends CallName>({ id, call, given }: LogCall<Name>): Promise<void> {
    const answered = answerOf(id, this.#answerers[call](given)).then((answer) => this.#post(answer))
    this.#answers.add(answered)
    await answered
    this.#answers.delete(answered)
  }

  #post(message: LogAnswer | LogNews): void {
    this.#port.postMessage(message)
  }

  async #append({ topic, bytes, parts }: LogCalls['append']['given']): Promise<void> {
    const before = this.#admitted
    const ticket = new AppendTicket()
    const admitted = (async () => {
      await before
      for (const { partition, from, to } of parts) {
        const there = partitionAt(this.#deps.topicOf(topic), partition)
        this.#assertWanted()
        while (!there.hasRoom(to - from)) {
          await this.#deps.drained.wait(this.#ending)
          this.#assertWanted()
        }
        // In the same step: other threads wait for the same room.
        ticket.try(() => there.appendBatches(bytes.subarray(from, to), ticket))
      }
    })()
    this.#admitted = admitted.catch(() => undefined)
    await admitted
    return ticket.settle()
  }

  #assertWanted(): void {
    if (!this.#ending.aborted) return
    throw new NocturneError('LOG_CLOSED', 'the log, or who appended, is gone')
  }

  async #claims({ stream, spec }: LogCalls['claims']['given']): Promise<void> {
    const leaving = new AbortController()
    this.#leaving.set(stream, leaving)
    if (this.#gone.signal.aborted) leaving.abort()
    try {
      for await (const claim of this.#deps.log.claims(spec, leaving.signal)) {
        this.#give(stream, claim)
      }
    } finally {
      this.#leaving.delete(stream)
    }
  }

  #give(stream: number, claim: Claim): void {
    if (this.#gone.signal.aborted) return claim.release()
    const id = ++this.#claimIds
    this.#held.set(id, claim)
    const { topic, partition, group, generation, signal } = claim
    const told = (): void => this.#post({ news: 'aborted', claim: id, reason: signal.reason })
    this.#post({
      news: 'claim',
      stream,
      claim: id,
      at: { topic, partition },
      ...(group === undefined ? {} : { group }),
      generation,
    })
    if (signal.aborted) told()
    else signal.addEventListener('abort', told, { once: true })
  }

  #take(notice: LogNotice): void {
    switch (notice.notice) {
      case 'leave':
        return this.#leaving.get(notice.stream)?.abort()
      case 'release':
        return this.#release(notice.claim)
      case 'quarantine': {
        const { topic, partition } = notice.at
        return partitionAt(this.#deps.topicOf(topic), partition).quarantine(notice.range)
      }
    }
  }

  #claim(id: number): Claim {
    const claim = this.#held.get(id)
    if (claim === undefined) throw new NocturneError('LOG_FENCED', 'a partition given back')
    return claim
  }

  #release(id: number): void {
    const claim = this.#held.get(id)
    this.#held.delete(id)
    claim?.release()
  }

  /** Leaves first, so that nothing that is released comes back to the thread that is gone. */
  #end(): void {
    this.#gone.abort()
    for (const leaving of [...this.#leaving.values()]) leaving.abort()
    for (const id of [...this.#held.keys()]) this.#release(id)
  }
}

async function answerOf(id: number, answer: Promise<unknown>): Promise<LogAnswer> {
  try {
    return { id, value: await answer }
  } catch (error) {
    return { id, error: plainError(error) }
  }
}

const placeOf = ({ spec, partitions }: Topic<PartitionLog>): LogCalls['topic']['answer'] => ({
  spec,
  partitions: partitions.map(({ folder, line }) => ({ folder, line })),
})

function partitionAt({ partitions, spec }: Topic<PartitionLog>, number: number): PartitionLog {
  const found = partitions[number]
  if (found !== undefined) return found
  throw new NocturneError('LOG_TOPIC_DIFFERS', `${spec.topic} has no partition ${number}`)
}
