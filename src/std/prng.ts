/** A stream of numbers that one integer decides. */
export interface Prng {
  /** Uniform in [0, 1), with 32 random bits. */
  next(): number
  /** A uniform integer in [0, bound). */
  below(bound: number): number
}

/** SplitMix32 (Steele, Lea and Flood, OOPSLA 2014, reduced to 32 bits): same seed, same numbers. */
export function prng(seed: number): Prng {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
  return { next, below: (bound) => Math.floor(next() * bound) }
}
