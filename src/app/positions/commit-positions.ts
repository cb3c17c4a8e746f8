import type { Log, Position } from '../../log/log.ts'

/** Positions of one group in one topic by partition; undefined is left as it is. */
export type GroupPositions = {
  readonly group: string
  readonly topic: string
  readonly positions: readonly (Position | undefined)[]
}

const GROUP = { start: 'earliest', sessionMs: 10_000, rebalanceMs: 60_000 } as const

/**
 * Commits positions with their notes, as a member of a group that has no others. Ends when all are
 * stored. @throws LOG_FENCED where somebody else reads after all.
 */
export async function commitPositions(
  log: Log,
  { group, topic, positions }: GroupPositions,
): Promise<void> {
  let left = positions.filter((position) => position !== undefined).length
  if (left === 0) return
  const stop = new AbortController()
  try {
    for await (const claim of log.claims({ ...GROUP, topics: [topic], group }, stop.signal)) {
      // Only at the end: a partition that is free would be granted to us again.
      stop.signal.addEventListener('abort', () => claim.release(), { once: true })
      const position = positions[claim.partition]
      if (position === undefined) continue
      await log.commit(claim, position.offset, position.note)
      if (--left === 0) break
    }
  } finally {
    stop.abort()
  }
}
