const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/**
 * How much time one partition holds. At 10,000 groups and a window a second a `live` partition
 * has 94,000 rows at 32 shards; a group's minutes and hours lie by themselves, at most 10,080 and
 * 2,184 of them.
 */
export const BUCKET_MS = {
  live: 5 * MINUTE_MS,
  snapshot: MINUTE_MS,
  minute: 7 * DAY_MS,
  hour: 91 * DAY_MS,
  steps: 60 * MINUTE_MS,
  alert: 91 * DAY_MS,
  coverage: DAY_MS,
} as const

export type BucketKind = keyof typeof BUCKET_MS

/** Start of the bucket that a time falls into. */
export function bucketOf(kind: BucketKind, atMs: number): number {
  const lengthMs = BUCKET_MS[kind]
  return Math.floor(atMs / lengthMs) * lengthMs
}

/** How many buckets a span [first, last] touches. */
export const bucketCount = (kind: BucketKind, firstMs: number, lastMs: number): number =>
  Math.max(0, (bucketOf(kind, lastMs) - bucketOf(kind, firstMs)) / BUCKET_MS[kind] + 1)
