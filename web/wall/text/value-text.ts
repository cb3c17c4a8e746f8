/** Names whose values are parts of a whole, shown in percent. */
const PART = /(^|_)(share|loss|ratio_of_plays)$/
const BYTES = /(^|_)bytes(_|$)/
const LARGE = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
] as const
const UNITS: readonly (readonly [suffix: string, unit: string])[] = [
  ['_ms', 'ms'],
  ['_kbps', 'kbit/s'],
  ['_kbit', 'kbit'],
  ['_s', 's'],
]

function digits(value: number): string {
  const size = Math.abs(value)
  const large = LARGE.find(([scale]) => size >= scale)
  if (large !== undefined) return `${digits(value / large[0])} ${large[1]}`
  if (size >= 10_000) return Math.round(value).toLocaleString('en-GB')
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value))
  return value.toPrecision(size < 0.01 ? 2 : 3).replace(/\.?0+$/, '')
}

/** A value with the unit that its name ends in; a share in percent. */
export function valueText(name: string, value: number): string {
  if (PART.test(name)) return `${digits(value * 100)} %`
  if (BYTES.test(name)) return `${digits(value)}${Math.abs(value) >= 1e6 ? '' : ' '}B`
  const unit = UNITS.find(([suffix]) => name.endsWith(suffix))?.[1]
  return unit === undefined ? digits(value) : `${digits(value)} ${unit}`
}

/** A value's name as people read it: without the unit's suffix, blanks for underscores. */
export function nameText(name: string): string {
  const suffix = UNITS.find(([each]) => name.endsWith(each))?.[0] ?? ''
  return name.slice(0, name.length - suffix.length).replaceAll('_', ' ')
}
