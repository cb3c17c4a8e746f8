import type { Step } from '../src/model/step.ts'
import { instant } from './paced-posts.ts'

/** A step as it lies in the log, and when somebody outside of the process had it. */
export type SeenStep = { readonly step: Step; readonly appendedAt: number; readonly seenAt: number }

/** Follows `transitions` from outside, over HTTP, and notes when each step came. */
export class AlertFollower {
  readonly steps: SeenStep[] = []
  readonly #stop = new AbortController()
  readonly #following: Promise<unknown>

  /** An answer begins with its first step, so nothing is awaited here. */
  constructor(url: string, partitions: number) {
    const path = (partition: number): string =>
      `/api/tail?topic=transitions&partition=${partition}&from=earliest&follow=1`
    const all = Array.from({ length: partitions }, (_, i) => this.#follow(`${url}${path(i)}`))
    this.#following = Promise.all(all)
    this.#following.catch(() => undefined)
  }

  /** Follows no more. @throws what went wrong while it followed. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#following
  }

  async #follow(url: string): Promise<void> {
    const { signal } = this.#stop
    try {
      const answer = await fetch(url, { signal })
      if (answer.body === null) throw new Error(`${url} has nothing to follow`)
      await this.#read(answer.body)
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = ''
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const seenAt = instant()
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { at, value } = JSON.parse(line) as { readonly at: number; readonly value: Step }
        if (value.kind === 'condition') this.steps.push({ step: value, appendedAt: at, seenAt })
      }
    }
  }
}
