/** How far from an integer, in parts of itself, 1/p may lie and still be taken as that integer. */
const SNAP_RATIO = 0.01

/**
 * What a row sampled at rate `p` stands for: 1/p, snapped to the nearest integer within 1 % (Z7),
 * so that the usual rates 1/k keep sums of integers whole.
 */
export function weightOf(p: number): number {
  const inverse = 1 / p
  const nearest = Math.floor(inverse + 0.5)
  return Math.abs(inverse - nearest) <= SNAP_RATIO * inverse ? nearest : inverse
}
