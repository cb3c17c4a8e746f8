import type { MessagePort } from 'node:worker_threads'
import { NocturneError } from '../../../model/nocturne-error.ts'
import {
  revivedError,
  type CallName,
  type LogAnswer,
  type LogCalls,
  type LogNews,
  type LogNotice,
} from './log-protocol.ts'

type Pending = {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** The way to the thread that writes the log: calls with their answers, and news. */
export class LogLine {
  readonly #port: MessagePort
  readonly #pending = new Map<number, Pending>()
  #ids = 0
  #isCut = false

  /** `cut` is called when the other side is gone; what was asked has failed then. */
  constructor(
    port: MessagePort,
    on: { readonly news: (news: LogNews) => void; readonly cut: () => void },
  ) {
    this.#port = port
    port.on('message', (message: LogAnswer | LogNews) => {
      if ('news' in message) on.news(message)
      else this.#settle(message)
    })
    port.on('close', () => {
      this.#isCut = true
      on.cut()
      for (const { reject } of this.#pending.values()) reject(closed())
      this.#pending.clear()
    })
  }

  /** @throws what the other side throws, and LOG_CLOSED once that is gone. */
  async ask<Name extends CallName>(
    call: Name,
    given: LogCalls[Name]['given'],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<LogCalls[Name]['answer']> {
    if (this.#isCut) throw closed()
    const id = ++this.#ids
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#pending.set(id, { resolve, reject })
    this.#port.postMessage({ id, call, given }, [...transfer])
    return (await promise) as LogCalls[Name]['answer']
  }

  tell(notice: LogNotice): void {
    this.#port.postMessage(notice)
  }

  close(): void {
    this.#port.close()
  }

  #settle(answer: LogAnswer): void {
    const pending = this.#pending.get(answer.id)
    this.#pending.delete(answer.id)
    if ('error' in answer) pending?.reject(revivedError(answer.error))
    else pending?.resolve(answer.value)
  }
}

const closed = (): NocturneError =>
  new NocturneError('LOG_CLOSED', 'the thread that writes it is gone')
