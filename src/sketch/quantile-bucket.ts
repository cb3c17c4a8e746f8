/** ln γ with γ = 1.01 / 0.99 (Z9), written out because both engines divide by the same bits. */
const LN_GAMMA = 0.020000666706669435
/** The bucket of zero. */
export const ZERO_BUCKET = -1

/** Mantissa bits that choose a cell: a cell then spans less than half a bucket. */
const CELL_BITS = 7
const CELL_SHIFT = 20 - CELL_BITS
/** Cell of 1, and how many follow: units reach 2^53 · 1000 < 2^63. */
const CELL_FIRST = 1023 << CELL_BITS
const CELLS = 63 << CELL_BITS
/**
 * So near to a border, in parts of it, the formula decides. Its own error is below 1e-14 of the
 * units, and that of a border as computed here too.
 */
const GUARD = 1e-9

const double = new Float64Array(1)
const words = new Int32Array(double.buffer)
const HIGH_WORD = new Uint8Array(Int32Array.of(1).buffer)[0] === 1 ? 1 : 0

/**
 * The bucket of a value (Z9): with u the value in thousandths, ⌈ln u / ln γ⌉ above zero, −1 at
 * zero, −2 − ⌈ln(−u) / ln γ⌉ below. A larger value never has a smaller bucket.
 */
export function bucketOf(value: number): number {
  const units = Math.floor(value * 1000 + 0.5)
  if (units > 0) return exponentOf(units)
  if (units === 0) return ZERO_BUCKET
  return -2 - exponentOf(-units)
}

/**
 * ⌈ln u / ln γ⌉ to the bit, by a table over the exponent and the first bits of the mantissa: a cell
 * lies in one bucket or is cut by one border, and near the border the formula itself is asked.
 */
function exponentOf(units: number): number {
  double[0] = units
  const cell = (words[HIGH_WORD]! >>> CELL_SHIFT) - CELL_FIRST
  if (!(cell < CELLS)) return byFormula(units)
  if (units < belows[cell]!) return exponents[cell]!
  return units > aboves[cell]! ? exponents[cell]! + 1 : byFormula(units)
}

const byFormula = (units: number): number => Math.ceil(Math.log(units) / LN_GAMMA)

type Cells = {
  /** The bucket of the cell's lower end. */
  readonly exponents: Int16Array
  /** Where the guard of the border in the cell begins and ends; Infinity where there is none. */
  readonly belows: Float64Array
  readonly aboves: Float64Array
}

function tabulate(): Cells {
  const exponents = new Int16Array(CELLS)
  const belows = new Float64Array(CELLS)
  const aboves = new Float64Array(CELLS)
  const width = 1 / (1 << CELL_BITS)
  for (let cell = 0; cell < CELLS; cell++) {
    const octave = 2 ** (cell >> CELL_BITS)
    const from = octave * (1 + (cell & ((1 << CELL_BITS) - 1)) * width)
    // A border whose guard reaches into the cell from below counts as being in it.
    const exponent = byFormula(from * (1 - 2 * GUARD))
    const border = Math.exp(exponent * LN_GAMMA)
    const isCut = border * (1 - GUARD) < from + octave * width
    exponents[cell] = exponent
    belows[cell] = isCut ? border * (1 - GUARD) : Infinity
    aboves[cell] = isCut ? border * (1 + GUARD) : Infinity
  }
  return { exponents, belows, aboves }
}

const { exponents, belows, aboves } = tabulate()
