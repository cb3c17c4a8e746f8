/** The questions that a rule may ask of the past (H1). */
export const historyKinds = ['base', 'same_hour', 'trend', 'over'] as const
export type HistoryKind = (typeof historyKinds)[number]

/** One question of a rule to the past of its own group: a number, or unknown. */
export type HistoryTerm = {
  readonly op: HistoryKind
  /** An aggregate or a value of the monitor. */
  readonly name: string
  /** How far back; of `same_hour` whole days. */
  readonly spanMs: number
}

const MS_BY_UNIT = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const
const UNITS = ['d', 'h', 'm', 's'] as const
const SPAN = /^(\d{1,9})(d|h|m|min|s)$/

/** Milliseconds of a span as a term writes it, `90m`; undefined where it is none. */
export function spanMsOf(text: string): number | undefined {
  const match = SPAN.exec(text)
  const unit = UNITS.find((each) => match?.[2]?.startsWith(each))
  return match === null || unit === undefined ? undefined : Number(match[1]) * MS_BY_UNIT[unit]
}

/** A span by the largest unit that divides it. */
export function spanText(ms: number): string {
  const unit = UNITS.find((each) => ms >= MS_BY_UNIT[each] && ms % MS_BY_UNIT[each] === 0)
  return unit === undefined ? `${ms}ms` : `${ms / MS_BY_UNIT[unit]}${unit}`
}

/** The term's one name, in facts, steps and texts: `base(retrans, 1h)`, `same_hour(retrans, 7)`. */
export function termText({ op, name, spanMs }: HistoryTerm): string {
  const span = op === 'same_hour' ? String(spanMs / MS_BY_UNIT.d) : spanText(spanMs)
  return `${op}(${name}, ${span})`
}

const WRITTEN = /^([a-z_]{1,20})\( *"?([A-Za-z_]\w*)"? *, *"?(\w{1,12})"? *\)$/

/** The name of a term however it is written: with quotes or without, `60m` for `1h`. */
export function termNamed(written: string): string {
  const [, op, name = '', span = ''] = WRITTEN.exec(written.trim()) ?? []
  const kind = historyKinds.find((each) => each === op)
  if (kind === undefined) return written
  const spanMs = kind === 'same_hour' ? Number(span) * MS_BY_UNIT.d : spanMsOf(span)
  return spanMs === undefined ? written : termText({ op: kind, name, spanMs })
}
