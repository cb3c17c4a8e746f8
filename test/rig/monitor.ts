import type { LevelSpec, MonitorSpec, RuleSpec } from '../../src/model/monitor.ts'
import type { Expression } from '../../src/model/expression.ts'

/** `name > value`, as the configuration would compile it. */
export const above = (name: string, value: number): Expression => ({
  op: '>',
  left: { op: 'name', name },
  right: { op: 'number', value },
})

/** A rule with everything that a test does not care about filled in. */
export function rule(given: Partial<RuleSpec> & { readonly alert: string }): RuleSpec {
  const levels: readonly LevelSpec[] = given.levels ?? []
  return {
    id: `m/${given.alert}`,
    monitor: 'm',
    levels,
    forMs: 0,
    clearForMs: 0,
    absentSeverity: 'critical',
    empty: 'unknown',
    scopes: ['all'],
    early: false,
    freezeMaxMs: 300_000,
    instancesMax: 10_000,
    layer: 'transport',
    labels: {},
    annotations: {},
    ...given,
  }
}

/** A monitor per stream, 10 s every 1 s, with every kind of aggregate over the rows' `x`. */
export function monitor(given: Partial<MonitorSpec> = {}): MonitorSpec {
  return {
    id: 'm',
    definition: '00000000000000aa',
    groupBy: ['stream'],
    window: { sizeMs: 10_000, hopMs: 1000, latenessMs: 2000, emitMs: 200, correctionMs: 60_000 },
    aggregates: [
      { name: 'count', kind: 'count', digits: 0 },
      { name: 'sum', kind: 'sum', field: 'x', digits: 3 },
      { name: 'min', kind: 'min', field: 'x', digits: 3 },
      { name: 'max', kind: 'max', field: 'x', digits: 3 },
      { name: 'mean', kind: 'mean', field: 'x', digits: 3 },
      { name: 'p95', kind: 'quantile', field: 'x', digits: 3, q: 0.95 },
      { name: 'sessions', kind: 'distinct', field: 'session', digits: 0 },
    ],
    values: [],
    rules: [],
    scopes: ['all'],
    ...given,
  }
}
