import { LogMeta } from '../../../src/log/embedded/log-meta.ts'
import type { EffectGate } from '../core/effect-gate.ts'
import type { Life } from '../core/scheduler.ts'

/** What a process meets that is dead and has not noticed: nobody hears of it. */
export class DeadProcess extends Error {}

export type MetaWatch = {
  readonly life: Life
  readonly gate: EffectGate
  /** All that was committed so far is on the disk. */
  readonly synced: () => void
}

type At = Parameters<LogMeta['putStart']>[0]

/** The log's metadata, whose commits are effects that a process may die at. */
export class WatchedMeta extends LogMeta {
  readonly #watch: MetaWatch
  #isClosed = false

  constructor(path: string, onFull: () => void, watch: MetaWatch) {
    super(path, '/log', onFull)
    this.#watch = watch
    watch.synced()
  }

  /** A dead process' connection is closed by others, and perhaps was by itself. */
  override close(): void {
    if (!this.#isClosed) super.close()
    this.#isClosed = true
  }

  override putTopic(spec: Parameters<LogMeta['putTopic']>[0]): void {
    this.#effect(() => super.putTopic(spec), 'synced')
  }

  override putStart(at: At, start: number): void {
    this.#effect(() => super.putStart(at, start), 'synced')
  }

  override putEnds(ends: Parameters<LogMeta['putEnds']>[0]): void {
    this.#effect(() => super.putEnds(ends), 'synced')
  }

  override forgetEnds(): void {
    this.#effect(() => super.forgetEnds(), 'synced')
  }

  override putCleaned(at: At, cleaned: number): void {
    this.#effect(() => super.putCleaned(at, cleaned))
  }

  override putPosition(group: string, at: At, row: Parameters<LogMeta['putPosition']>[2]): void {
    this.#effect(() => super.putPosition(group, at, row))
  }

  #effect(act: () => void, durability?: 'synced'): void {
    const { life, gate, synced } = this.#watch
    if (life.isOver) throw new DeadProcess()
    const death = gate.reach()
    if (death === 'before' || death === 'torn') {
      gate.die()
      throw new DeadProcess()
    }
    act()
    if (durability === 'synced') synced()
    if (death === 'after') gate.die()
  }
}
