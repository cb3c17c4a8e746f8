/** Names whose values are parts of a whole, shown in percent. */
const PART = /(^|_)(share|loss|ratio_of_plays)$/
const UNITS: readonly (readonly [suffix: string, unit: string])[] = [
  ['_ms', 'ms'],
  ['_kbps', 'kbit/s'],
  ['_kbit', 'kbit'],
  ['_s', 's'],
]

function digits(value: number): string {
  const size = Math.abs(value)
  if (size >= 10_000) return Math.round(value).toLocaleString('en-GB')
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value))
  return value.toPrecision(size < 0.01 ? 2 : 3).replace(/\.?0+$/, '')
}

/** A value with the unit that its name ends in; a share in percent. */
export function valueText(name: string, value: number): string {
  if (PART.test(name)) return `${digits(value * 100)} %`
  const unit = UNITS.find(([suffix]) => name.endsWith(suffix))?.[1]
  return unit === undefined ? digits(value) : `${digits(value)} ${unit}`
}

/** A value's name as people read it: without the unit's suffix, blanks for underscores. */
export function nameText(name: string): string {
  const suffix = UNITS.find(([each]) => name.endsWith(each))?.[0] ?? ''
  return name.slice(0, name.length - suffix.length).replaceAll('_', ' ')
}
