import type { Finding } from './finding.ts'

/** What could not be put right at once: one rule in one file, with its figure at the time. */
export type Exception = {
  readonly rule: string
  readonly path: string
  /** Sum of what the findings measured, 1 for each that measures nothing; it may only fall. */
  readonly figure: number
  /** Why, in a sentence, with the number of the issue that will put it right. */
  readonly reason: string
}

/** The findings that are not excepted, and one for each exception that does not fit any more. */
export function withExceptions(
  findings: readonly Finding[],
  exceptions: readonly Exception[],
): Finding[] {
  const byPlace = Map.groupBy(findings, placeOf)
  const excepted = new Set<string>()
  const stale: Finding[] = []
  for (const exception of exceptions) {
    const figure = sum(byPlace.get(placeOf(exception)) ?? [])
    if (figure <= exception.figure) excepted.add(placeOf(exception))
    if (figure < exception.figure) stale.push(staleFinding(exception, figure))
  }
  return [...findings.filter((finding) => !excepted.has(placeOf(finding))), ...stale]
}

const placeOf = ({ rule, path }: { readonly rule: string; readonly path: string }): string =>
  `${rule} ${path}`

const sum = (findings: readonly Finding[]): number =>
  findings.reduce((total, { figure }) => total + (figure ?? 1), 0)

function staleFinding({ rule, path, figure }: Exception, now: number): Finding {
  const mend = now === 0 ? 'delete the line' : `lower it to ${now}`
  const says = `${rule} in ${path} is excepted with ${figure} and stands at ${now}; ${mend}`
  return { rule: 'exceptions', path: 'scripts/tidy-exceptions.ts', line: 1, says }
}
