import type { Log } from '../../log/log.ts'
import type { ErrorCode } from '../../model/error-catalogue.ts'
import type { ReadinessCheck } from '../../serve/serve-context.ts'
import type { HotProgress } from '../hot-readers.ts'

/** Ready once all that lay in the log at the start was read, and while no reader stands still. */
export class Readiness {
  readonly #progress: HotProgress
  /** Per topic: where its partitions ended when we started. */
  readonly #endsAtStart = new Map<string, ReadonlyMap<number, number>>()
  readonly #troubles = new Map<string, ErrorCode>()

  readonly #isShared: boolean
  #isPrepared: boolean

  /** `isShared`: other processes have some of the partitions, and only ours count. */
  constructor(progress: HotProgress, isShared: boolean) {
    this.#progress = progress
    this.#isShared = isShared
    this.#isPrepared = !isShared
  }

  /** The topics are there and their ends are noted. */
  prepared(): void {
    this.#isPrepared = true
  }

  /** Waits with being ready until what is in the topic now was read. */
  async noteEnds(log: Log, topic: 'readings' | 'panes'): Promise<void> {
    const ends = await log.ends(topic)
    const written = ends.flatMap(({ start, end }, partition) =>
      end > start ? [[partition, end] as const] : [],
    )
    this.#endsAtStart.set(topic, new Map(written))
  }

  /** A reader stands still, or goes on again (R31). */
  troubled(reader: string, code: ErrorCode | undefined): void {
    if (code === undefined) this.#troubles.delete(reader)
    else this.#troubles.set(reader, code)
  }

  checks(): readonly ReadinessCheck[] {
    const { aggregate, evaluate } = this.#progress
    const notYet = { name: 'topics', isOk: false, code: 'APP_RESTORING' } as const
    return [
      ...(this.#isPrepared ? [] : [notYet]),
      this.#caughtUp('aggregate', 'readings', aggregate.next),
      this.#caughtUp('evaluate', 'panes', evaluate.next),
      // Whoever waits for the store keeps nobody from being ready (D6).
      ...[...this.#troubles].map(([name, code]) => {
        return { name, isOk: code.startsWith('STORE_'), code }
      }),
    ]
  }

  #caughtUp(name: string, topic: string, next: ReadonlyMap<number, number>): ReadinessCheck {
    const ends = [...(this.#endsAtStart.get(topic) ?? [])]
    const ours = this.#isShared ? ends.filter(([partition]) => next.has(partition)) : ends
    const isOk = ours.every(([partition, end]) => (next.get(partition) ?? 0) >= end)
    return isOk ? { name, isOk } : { name, isOk, code: 'APP_RESTORING' }
  }
}
