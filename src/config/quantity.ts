const MS_BY_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const BYTES_BY_UNIT: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
}

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?) ?([A-Za-z]{1,3})$/.exec(text.trim())
  const scale = match === null || !Object.hasOwn(units, match[2]!) ? undefined : units[match[2]!]
  if (match === null || scale === undefined) return undefined
  const whole = Math.round(Number(match[1]) * scale)
  return Math.abs(whole - Number(match[1]) * scale) < 1e-6 ? whole : undefined
}

/** Milliseconds of a duration with its unit (ms s m min h d); undefined where it is none. */
export const parseDuration = (text: string): number | undefined => parse(text, MS_BY_UNIT)

/** Bytes of a size with its unit (B kB MB GB KiB MiB GiB); undefined where it is none. */
export const parseSize = (text: string): number | undefined => parse(text, BYTES_BY_UNIT)

/** A duration as a person writes it: the largest unit that divides it. */
export function durationText(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const scale = MS_BY_UNIT[unit]!
    if (ms >= scale && ms % scale === 0) return `${ms / scale}${unit}`
  }
  return `${ms}ms`
}
