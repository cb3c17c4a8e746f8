import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import type { Claim, GroupSpec } from '../log.ts'
import { ClaimGroup } from './claim-group.ts'
import type { LogMeta } from './log-meta.ts'

/** Gives out the claims of one log: all partitions to whoever has no group, else by group. */
export class ClaimDesk {
  readonly #house: { readonly clock: Clock; readonly meta: LogMeta }
  readonly #groups = new Map<string, ClaimGroup>()
  readonly #starts = new WeakMap<Claim, GroupSpec['start']>()

  constructor(house: { readonly clock: Clock; readonly meta: LogMeta }) {
    this.#house = house
  }

  /** `counts`: partitions by topic. Ends when the signal aborts; to stop iterating is to leave. */
  async *claims(
    spec: GroupSpec,
    counts: ReadonlyMap<string, number>,
    signal: AbortSignal,
  ): AsyncGenerator<Claim> {
    const given =
      spec.group === undefined
        ? allOf(counts, signal)
        : this.#grantedTo({ ...spec, group: spec.group }, counts, signal)
    for await (const claim of given) {
      this.#starts.set(claim, spec.start)
      yield claim
    }
  }

  /** Groups that are being read, in no order. */
  get active(): readonly string[] {
    return [...this.#groups].flatMap(([name, group]) => (group.isActive ? [name] : []))
  }

  /** Where a claim without a committed position begins. */
  startOf(claim: Claim): GroupSpec['start'] {
    return this.#starts.get(claim) ?? 'earliest'
  }

  /** The group of a claim that may commit. @throws LOG_FENCED */
  groupOf(claim: Claim): string {
    const group = claim.group === undefined ? undefined : this.#groups.get(claim.group)
    if (claim.group === undefined || group === undefined) {
      throw new NocturneError('LOG_FENCED', `${claim.topic}/${claim.partition}, without a group`)
    }
    group.assertOwned(claim)
    return claim.group
  }

  async *#grantedTo(
    spec: GroupSpec & { readonly group: string },
    counts: ReadonlyMap<string, number>,
    signal: AbortSignal,
  ): AsyncGenerator<Claim> {
    const group = this.#groups.get(spec.group) ?? new ClaimGroup(spec.group, this.#house)
    this.#groups.set(spec.group, group)
    const member = group.join(spec, counts)
    // At once, and not when the iterator is next asked: its readers have to stop now.
    const leave = (): void => group.leave(member)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    try {
      while (!signal.aborted) {
        const [claim] = member.granted.splice(0, 1)
        if (claim === undefined) await member.woken.wait(signal)
        else yield claim
      }
    } finally {
      signal.removeEventListener('abort', leave)
      leave()
    }
  }
}

/** Every partition at once, coordinated with nobody; then waits for the end. */
async function* allOf(
  counts: ReadonlyMap<string, number>,
  signal: AbortSignal,
): AsyncGenerator<Claim> {
  for (const [topic, count] of counts) {
    for (let partition = 0; partition < count && !signal.aborted; partition++) {
      yield { topic, partition, generation: 0, signal, release: () => undefined }
    }
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (!signal.aborted) await promise
}
