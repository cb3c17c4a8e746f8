import type { WindowSpec } from '../model/monitor.ts'

/** Greatest common divisor of two positive integers: the slice length of (size, hop) (W4). */
export function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

/** Least common multiple of two positive integers. */
export const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b

/** Start of the only slice that holds this instant (W2–W4); right below zero too. */
export const sliceStart = (ts: number, sliceMs: number): number =>
  Math.floor(ts / sliceMs) * sliceMs

/** Length of a monitor's slices, ms (W4). */
export const sliceMsOf = (spec: Pick<WindowSpec, 'sizeMs' | 'hopMs'>): number =>
  gcd(spec.sizeMs, spec.hopMs)

/** Ends of the windows that hold the slice starting here, rising: multiples of hop (W2). */
export function windowEnds(
  start: number,
  { sizeMs, hopMs }: Pick<WindowSpec, 'sizeMs' | 'hopMs'>,
): readonly number[] {
  const sliceMs = gcd(sizeMs, hopMs)
  const ends: number[] = []
  // A window [end − size, end) holds the slice if end ≥ start + slice and end ≤ start + size.
  for (
    let end = Math.ceil((start + sliceMs) / hopMs) * hopMs;
    end <= start + sizeMs;
    end += hopMs
  ) {
    ends.push(end)
  }
  return ends
}
