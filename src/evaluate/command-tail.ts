import { reachableFrom, type Claim, type Log, type TellGap } from '../log/log.ts'
import type { Command } from '../model/command.ts'
import { decodeCommand } from '../wire/command-codec.ts'

/** Commands waiting for their clock record; beyond this the tail waits (D5). */
const WAITING_MAX = 10_000

/** What people asked for, read ahead of the clock records that put it in force (A7). */
export class CommandTail {
  readonly #log: Log
  readonly #onGap: TellGap | undefined
  /** By offset; undefined where a record could not be read. */
  readonly #waiting = new Map<number, Command | undefined>()
  #next: number
  #arrived = Promise.withResolvers<void>()
  #taken = Promise.withResolvers<void>()

  constructor(log: Log, from: number, onGap?: TellGap) {
    this.#log = log
    this.#onGap = onGap
    this.#next = from
  }

  /** Resolves when something has arrived since this was asked last. */
  get arrival(): Promise<void> {
    return this.#arrived.promise
  }

  /** Reads until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const all = { topics: ['commands'], start: 'earliest', sessionMs: 10_000, rebalanceMs: 60_000 }
    for await (const claim of this.#log.claims({ ...all, start: 'earliest' }, signal)) {
      await this.#read(claim)
      claim.release()
    }
  }

  /** The commands in [from, to), once they are here; rejects when the signal aborts first. */
  async take(from: number, to: number, signal: AbortSignal): Promise<readonly Command[]> {
    const ended = Promise.withResolvers<void>()
    const end = () => ended.resolve()
    signal.addEventListener('abort', end, { once: true })
    while (this.#next < to) {
      signal.throwIfAborted()
      await Promise.race([this.#arrived.promise, ended.promise])
    }
    signal.removeEventListener('abort', end)
    const commands: Command[] = []
    for (let offset = from; offset < to; offset++) {
      const command = this.#waiting.get(offset)
      if (command !== undefined) commands.push(command)
      this.#waiting.delete(offset)
    }
    this.#taken.resolve()
    this.#taken = Promise.withResolvers()
    return commands
  }

  /** Whoever begins at the first command has missed none, whatever has expired by then. */
  async #begin(at: Claim): Promise<void> {
    const { offset, gap } = await reachableFrom(this.#log, { at, offset: this.#next })
    if (gap !== undefined && gap.from > 0) this.#onGap?.(gap)
    this.#next = gap?.reason === 'lost' ? gap.from : offset
  }

  async #read(claim: Claim): Promise<void> {
    await this.#begin(claim)
    const position = { offset: this.#next, note: '' }
    for await (const batch of this.#log.read(claim, { position, bytesMax: 65_536 })) {
      const { bytes, starts, lengths } = batch.values
      for (let row = 0; row < batch.count; row++) {
        const start = starts[row]!
        const decoded = decodeCommand(bytes.slice(start, start + Math.max(0, lengths[row]!)))
        this.#waiting.set(batch.offsets[row]!, decoded.ok ? decoded.command : undefined)
      }
      this.#next = batch.next
      this.#arrived.resolve()
      this.#arrived = Promise.withResolvers()
      while (this.#waiting.size > WAITING_MAX && !claim.signal.aborted) await this.#taken.promise
    }
  }
}
