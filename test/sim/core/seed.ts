import { fnv1a64 } from '../../../src/std/hash.ts'
import { prng, type Prng } from '../../../src/std/prng.ts'

const MASK = (1n << 64n) - 1n

/** SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the number that follows from a state. */
function mixed(state: bigint): bigint {
  let z = state & MASK
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK
  return z ^ (z >> 31n)
}

/** `count` seeds, the first of them as given and the others drawn from it by SplitMix64. */
export function seedsFrom(first: bigint, count: number): readonly bigint[] {
  const drawn = Array.from({ length: Math.max(0, count - 1) }, (_, i) =>
    mixed(first + BigInt(i + 1) * 0x9e3779b97f4a7c15n),
  )
  return [first, ...drawn].slice(0, count)
}

/**
 * One named stream of the seed's chance. Streams are independent, so that what one part of the
 * world draws leaves what the others draw as it was.
 */
export function chance(seed: bigint, name: string): Prng {
  const named = mixed(seed ^ mixed(BigInt(`0x${fnv1a64([name])}`)))
  return prng(Number(named & 0xffffffffn))
}

/** How a seed is written, and read back by `--seed`. */
export const seedText = (seed: bigint): string => `0x${seed.toString(16).padStart(16, '0')}`

/** An integer in [from, to]. */
export const between = (random: Prng, from: number, to: number): number =>
  from + random.below(to - from + 1)

/** One of a list that has some. */
export const oneOf = <T>(random: Prng, list: readonly T[]): T => list[random.below(list.length)]!
