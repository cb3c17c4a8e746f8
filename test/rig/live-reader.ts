import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { LiveEvents } from '../../src/serve/contract.ts'
import { Arrivals } from './arrivals.ts'

/** One event of the live feed; its name says what the data is. */
type LiveEvent = {
  readonly name: string
  readonly id: string | undefined
  readonly data: unknown
}

/** A wall's connection to `/api/live`: what it was sent, until it is closed from either side. */
export class LiveReader {
  readonly events = new Arrivals<LiveEvent>()
  readonly #gone = new AbortController()
  #end: Promise<void> = Promise.resolve()

  /** Connects, resuming behind an event that was seen; refuses an answer that is no feed. */
  static async open(t: TestContext, url: string, lastEventId?: string): Promise<LiveReader> {
    const reader = new LiveReader()
    t.after(() => reader.close())
    const answer = await fetch(`${url}/api/live`, {
      headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
      signal: reader.#gone.signal,
    })
    assert.equal(answer.status, 200)
    reader.#end = reader.#follow(answer.body!)
    return reader
  }

  /** The newest id that was seen: what a wall that comes back says. */
  get lastId(): string | undefined {
    return this.events.items.findLast(({ id }) => id !== undefined)?.id
  }

  /** The first event of a name that says this. */
  async first<E extends keyof LiveEvents>(
    name: E,
    says: (data: LiveEvents[E]) => boolean = () => true,
  ): Promise<LiveEvents[E]> {
    const isIt = (event: LiveEvent) => event.name === name && says(event.data as LiveEvents[E])
    return (await this.events.first(isIt)).data as LiveEvents[E]
  }

  /** The step of an alert, however many come in one event. */
  async step(alert: string, step: string): Promise<void> {
    await this.first('steps', ({ steps }) =>
      steps.some((news) => news.alert === alert && news.step === step),
    )
  }

  /** Resolves when the connection is over, by whomever. */
  get end(): Promise<void> {
    return this.#end
  }

  close(): void {
    this.#gone.abort()
  }

  async #follow(body: NonNullable<Response['body']>): Promise<void> {
    let text = ''
    try {
      for await (const chunk of body.pipeThrough(new TextDecoderStream()).values()) {
        const frames = (text + chunk).split('\n\n')
        text = frames.pop() ?? ''
        for (const frame of frames) this.#take(frame)
      }
    } catch (error) {
      // Cut by us or by a server that was killed: either way the connection is over.
      return assert.ok(error instanceof Error)
    }
  }

  #take(frame: string): void {
    const [name] = /(?<=^event: ).*/m.exec(frame) ?? []
    const [data] = /(?<=^data: ).*/m.exec(frame) ?? []
    const [id] = /(?<=^id: ).*/m.exec(frame) ?? []
    if (name === undefined || data === undefined) return
    this.events.push({ name, id, data: JSON.parse(data) })
  }
}
