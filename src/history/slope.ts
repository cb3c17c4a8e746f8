/** A number at an instant, epoch ms. */
export type Point = { readonly at: number; readonly value: number }

/**
 * Change a millisecond of the line that fits best, by ordinary least squares; NaN where all points
 * lie at one instant. Instants and values are taken from their means first, so that no digits are
 * lost to the size of the epoch.
 */
export function slopeOf(points: readonly Point[]): number {
  const at = mean(points.map((point) => point.at))
  const value = mean(points.map((point) => point.value))
  let products = 0
  let squares = 0
  for (const point of points) {
    products += (point.at - at) * (point.value - value)
    squares += (point.at - at) ** 2
  }
  return squares === 0 ? NaN : products / squares
}

const mean = (numbers: readonly number[]): number => {
  const first = numbers[0] ?? NaN
  return first + numbers.reduce((sum, number) => sum + (number - first), 0) / numbers.length
}
