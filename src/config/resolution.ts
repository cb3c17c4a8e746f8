import { readingFields } from '../model/reading.ts'

const UNIT = /_(ms|kbps|kbit|ratio)$/

/** Fraction digits of a sum of thousandths. */
const DIGITS_DEFAULT = 3

/**
 * Fraction digits of a sum where its author says nothing (P3): 0 for counts and bytes – `bytes…`,
 * and known counters and 0/1 flags by their names without a unit –, else 3.
 */
export function resolutionDigits(fieldName: string): number {
  if (fieldName.startsWith('bytes')) return 0
  const known = readingFields.find(({ name }) => name === fieldName)
  const isCount = known !== undefined && (known.kind === 'D' || known.kind === 'E')
  return isCount && !UNIT.test(fieldName) ? 0 : DIGITS_DEFAULT
}
