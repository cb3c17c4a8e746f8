import type { Step } from '../src/model/step.ts'
import { followTail } from './follow-tail.ts'
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
      `/api/tail?topic=transitions&partition=${partition}&from=earliest`
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
    for await (const { at, value } of followTail<Step>(url, this.#stop.signal)) {
      if (value.kind !== 'condition') continue
      this.steps.push({ step: value, appendedAt: at, seenAt: instant() })
    }
  }
}
