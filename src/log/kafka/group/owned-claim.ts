import type { Clock } from '../../../std/clock.ts'
import type { Claim } from '../../log.ts'
import type { TopicPartition } from './assignment.ts'

/** A claim is lost so long before the rebalance would end without its owner. */
const RELEASE_MARGIN_MS = 5_000

export type ClaimSpec = TopicPartition & {
  readonly group: string
  readonly generation: number
  /** Called once when its reader has let go of it, or when that took too long. */
  readonly gone: () => void
}

/** A claim that this member gave out, and what became of it: held, revoked, gone. */
export class OwnedClaim {
  readonly claim: Claim
  readonly #spec: ClaimSpec
  readonly #ended = new AbortController()
  readonly #released = new AbortController()
  #state: 'held' | 'revoked' | 'gone' = 'held'

  constructor(spec: ClaimSpec) {
    this.#spec = spec
    const { topic, partition, group, generation } = spec
    const release = (): void => this.drop()
    this.claim = { topic, partition, group, generation, signal: this.#ended.signal, release }
  }

  /** Whether its reader has not let go of it. */
  get isOurs(): boolean {
    return this.#state !== 'gone'
  }

  get isHeld(): boolean {
    return this.#state === 'held'
  }

  /** Asks its reader to finish; resolves once it has, or when that took too long. */
  async revoke(clock: Clock, rebalanceMs: number): Promise<void> {
    if (this.#state === 'held') {
      this.#state = 'revoked'
      this.#ended.abort('revoked')
    }
    const ms = Math.max(0, rebalanceMs - RELEASE_MARGIN_MS)
    await clock.sleep(ms, this.#released.signal)
    this.drop()
  }

  /** Released, or lost: from now on whoever holds it is fenced. */
  drop(): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    this.#ended.abort('lost')
    this.#released.abort()
    this.#spec.gone()
  }
}
