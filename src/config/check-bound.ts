import type { AggregateKind, LevelSpec, MonitorSpec } from '../model/monitor.ts'
import type { ConfigPath } from './config-error.ts'
import type { Findings } from './expressions.ts'
import { namesIn } from '../alert/names-in.ts'

type Home = {
  readonly monitor: Pick<MonitorSpec, 'aggregates' | 'values'>
  readonly path: ConfigPath
  readonly findings: Findings
}

/** Kinds whose error is not known, as a sentence names them (S5). */
const WITHOUT_ERROR: Partial<Record<AggregateKind, string>> = {
  min: 'a least value',
  max: 'a greatest value',
  mean: 'a mean',
  quantile: 'a quantile',
}

/** A bound needs something that is estimated with a known error (S6). */
export function checkBound(levels: readonly LevelSpec[], home: Home): void {
  const refuse = (message: string, advice: string): void => {
    home.findings.push({ path: [...home.path, 'bound'], message, advice })
  }
  if (levels.length === 0) refuse('stands without when', 'leave it out: silence is not estimated')
  const read = levels.flatMap(({ when, clear }) => [
    ...namesIn(when),
    ...(clear === undefined ? [] : namesIn(clear)),
  ])
  for (const name of new Set(read)) {
    for (const [source, kind] of kindsBehind(name, home)) {
      const called = WITHOUT_ERROR[kind]
      if (called === undefined) continue
      const by = source === name ? name : `${name} with ${source} in it`
      refuse(
        `does not work on ${by}: ${called} of a sample has no known error`,
        kind === 'mean'
          ? 'leave it out, or divide a sum by a count under values'
          : 'leave it out, or judge a sum, a count, a ratio or a distinct count',
      )
    }
  }
}

/** The aggregates that a name stands for, with their kinds; none for a field of the group. */
function kindsBehind(name: string, { monitor }: Home): Map<string, AggregateKind> {
  const value = monitor.values.find((each) => each.name === name)
  const sources = new Set(value === undefined ? [name] : namesIn(value.expression))
  const aggregates = monitor.aggregates.filter((aggregate) => sources.has(aggregate.name))
  return new Map(aggregates.map((aggregate) => [aggregate.name, aggregate.kind]))
}
