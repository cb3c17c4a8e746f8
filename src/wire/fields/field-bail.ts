/** Why a row is left to JSON.parse, as the number in its `status`; 0 is a row that was read. */
export const bail = {
  size: 1,
  syntax: 2,
  key: 3,
  duplicate: 4,
  text: 5,
  number: 6,
  type: 7,
  nesting: 8,
  range: 9,
  missing: 10,
} as const
