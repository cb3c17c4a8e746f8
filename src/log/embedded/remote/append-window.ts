import { NocturneError } from '../../../model/nocturne-error.ts'

/** Calls that wait hold nothing but what they were given, yet there is an end to that too. */
const WAITING_MAX = 1000

type Waiting = { readonly bytes: number; readonly send: () => void }

/**
 * Bounds what is under way to the thread that writes: beyond `bytesMax` the next call waits until
 * enough is answered, in the order of the calls. Those who call on without awaiting are refused
 * once as much again waits.
 */
export class AppendWindow {
  readonly #bytesMax: number
  readonly #waiting: Waiting[] = []
  #underWay = 0
  #waitingBytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Calls `send` now or later; `leave` has to follow it. @throws LOG_FULL */
  enter(bytes: number, send: () => void): void {
    if (this.#waiting.length === 0 && this.#hasRoom(bytes)) {
      this.#underWay += bytes
      return send()
    }
    if (this.#waiting.length >= WAITING_MAX || this.#waitingBytes + bytes > this.#bytesMax) {
      throw new NocturneError('LOG_FULL', `${this.#waitingBytes} bytes wait for another thread`)
    }
    this.#waitingBytes += bytes
    this.#waiting.push({ bytes, send })
  }

  /** What `enter` let through was answered. */
  leave(bytes: number): void {
    this.#underWay -= bytes
    for (let next = this.#waiting[0]; next && this.#hasRoom(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#waitingBytes -= next.bytes
      this.#underWay += next.bytes
      next.send()
    }
  }

  #hasRoom(bytes: number): boolean {
    return this.#underWay === 0 || this.#underWay + bytes <= this.#bytesMax
  }
}
