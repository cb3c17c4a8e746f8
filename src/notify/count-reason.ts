/** Counts what a stage or an attempt decided, by its named reason (A62): no decision is silent. */
export type CountReason = (where: string, reason: string, count: number) => void
