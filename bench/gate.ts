import type { FigureLine } from './figure.ts'

/** What a ratio was, which way is better, and by what share it may be worse. */
export type BaselineRatio = {
  readonly ratio: number
  readonly better: 'higher' | 'lower'
  readonly tolerance: number
}

/** By bench, then by figure. */
export type Baseline = Readonly<Record<string, Readonly<Record<string, BaselineRatio>>>>

/**
 * What is wrong with a run, a sentence each: a ratio worse than its baseline allows, one without a
 * baseline, one that was neither taken nor skipped with a reason, or one beyond its own target.
 * Times are never judged: they are those of the machine.
 */
export function breachesOf(lines: readonly FigureLine[], baseline: Baseline): readonly string[] {
  const ratios = lines.filter(({ unit }) => unit === 'ratio')
  const taken = ratios.filter(({ skipped }) => skipped === undefined)
  const breaches = taken.flatMap((line) => breachOf(line, baseline) ?? [])
  const told = new Set(ratios.map(({ bench, figure }) => `${bench}: ${figure}`))
  for (const [bench, figures] of Object.entries(baseline)) {
    for (const figure of Object.keys(figures)) {
      const name = `${bench}: ${figure}`
      if (!told.has(name)) breaches.push(`${name} is in the baseline and was not taken`)
    }
  }
  return breaches
}

function breachOf(line: FigureLine, baseline: Baseline): string | undefined {
  const { bench, figure, median, met, target } = line
  const name = `${bench}: ${figure}`
  if (met === false) return `${name} is ${median}, and must be ${target}`
  const known = baseline[bench]?.[figure]
  if (known === undefined) return `${name} has no baseline; write it into bench/baseline.json`
  const { ratio, better, tolerance } = known
  const worst = better === 'higher' ? ratio * (1 - tolerance) : ratio * (1 + tolerance)
  const isWorse = better === 'higher' ? median < worst : median > worst
  if (!isWorse) return undefined
  return `${name} is ${median}, and ${ratio} allows ${worst.toPrecision(3)} at worst`
}
