import type { Claim, GroupSpec, Log, TellGap } from '../log/log.ts'

/** A reader that takes claims: its group, its topic, and what it does with a partition. */
export type ClaimReader = {
  readonly group: string
  readonly topic: string
  /** The log is the one that its supervisor lends it for this run; so is whom it tells of gaps. */
  readonly read: (claim: Claim, log: Log, gaps?: Gaps) => Promise<void>
}

export type Gaps = { readonly onGap: TellGap }

/** A partition that was given back is no longer spoken of: another process may have it. */
export const forgetting =
  (next: Map<number, number>, read: ClaimReader['read']): ClaimReader['read'] =>
  async (claim, log, gaps) => {
    try {
      await read(claim, log, gaps)
    } finally {
      next.delete(claim.partition)
    }
  }

/** How a reader asks for its claims. */
export const groupOf = ({ group, topic }: Omit<ClaimReader, 'read'>): GroupSpec => ({
  topics: [topic],
  group,
  start: 'earliest',
  sessionMs: 10_000,
  rebalanceMs: 60_000,
})
