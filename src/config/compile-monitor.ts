import type { NameKind } from '../alert/expression.ts'
import type { AggregateKind, AggregateSpec, MonitorSpec } from '../model/monitor.ts'
import { compileRule, scopesOf } from './compile-rule.ts'
import type { ConfigPath } from './config-error.ts'
import { definitionOf } from './definition.ts'
import { compiledExpression, type Findings } from './expressions.ts'
import type { AggregateFields, MonitorFields } from './schema/monitor-schema.ts'
import { resolutionDigits } from './resolution.ts'

const KINDS = ['count', 'sum', 'min', 'max', 'mean', 'quantile', 'distinct'] as const
const AGGREGATES_MAX = 32

type Place = { readonly path: ConfigPath; readonly findings: Findings }

/** A monitor as written, its expressions parsed and checked, with all defaults filled in. */
export function compileMonitor(fields: MonitorFields, place: Place): MonitorSpec {
  const { path, findings } = place
  checkWindow(fields, place)
  checkNames(fields, place)
  const where =
    fields.where === undefined
      ? undefined
      : compiledExpression(fields.where, { kind: 'row' }, { path: [...path, 'where'], findings })
          .expression
  const aggregates = Object.entries(fields.aggregates).map(([name, aggregate]) =>
    compileAggregate(aggregate, name, { path: [...path, 'aggregates', name], findings }),
  )
  const aggregateNames = namesAs('number', Object.keys(fields.aggregates))
  const values = Object.entries(fields.values).map(([name, source]) => ({
    name,
    expression: compiledExpression(
      source,
      { kind: 'values', names: aggregateNames },
      { path: [...path, 'values', name], findings },
    ).expression,
  }))
  const { size, hop = size, lateness, emit, correction } = fields.window
  const window = {
    sizeMs: size,
    hopMs: hop,
    latenessMs: lateness,
    emitMs: emit,
    correctionMs: correction,
  }
  const defining = {
    ...(where === undefined ? {} : { where }),
    groupBy: fields.group_by,
    window,
    aggregates,
  }
  const monitor = { id: fields.id, definition: definitionOf(defining), ...defining, values }
  const names = {
    ...aggregateNames,
    ...namesAs('number', Object.keys(fields.values)),
    ...namesAs('text', fields.group_by),
  }
  const rules = fields.rules.map((rule, i) =>
    compileRule(rule, {
      monitor,
      environment: { kind: 'condition', names },
      names: Object.keys(names),
      path: [...path, 'rules', i],
      findings,
    }),
  )
  const scopes = rules.length === 0 ? scopesOf(fields.group_by) : rules.flatMap((r) => r.scopes)
  return { ...monitor, rules, scopes: [...new Set(scopes)].sort() }
}

const namesAs = (kind: NameKind, names: readonly string[]): Record<string, NameKind> =>
  Object.fromEntries(names.map((name) => [name, kind]))

function checkWindow({ window: { size, hop } }: MonitorFields, { path, findings }: Place): void {
  if (hop === undefined || size % hop === 0) return
  findings.push({
    path: [...path, 'window', 'hop'],
    message: 'does not divide the size of the window',
    advice: `write a hop that ${size} ms is a multiple of`,
  })
}

function checkNames(fields: MonitorFields, { path, findings }: Place): void {
  const aggregates = Object.keys(fields.aggregates)
  if (aggregates.length === 0 || aggregates.length > AGGREGATES_MAX) {
    findings.push({
      path: [...path, 'aggregates'],
      message: `has ${aggregates.length} entries`,
      advice: `write 1 to ${AGGREGATES_MAX}, as { rows: { count: rows } }`,
    })
  }
  const taken = new Map<string, string>(fields.group_by.map((name) => [name, 'group_by']))
  if (taken.size < fields.group_by.length) {
    const path_ = [...path, 'group_by']
    findings.push({ path: path_, message: 'names a field twice', advice: 'write each once' })
  }
  for (const section of ['aggregates', 'values'] as const) {
    for (const name of Object.keys(fields[section])) {
      const by = taken.get(name)
      taken.set(name, section)
      if (by === undefined) continue
      findings.push({
        path: [...path, section, name],
        message: `has the name of an entry of ${by}`,
        advice: 'give it a name of its own: rules could not tell them apart',
      })
    }
  }
}

function compileAggregate(fields: AggregateFields, name: string, place: Place): AggregateSpec {
  const kind = kindOf(fields, place)
  const field = fields[kind]
  const refuse = (key: string, message: string, advice: string): void => {
    place.findings.push({ path: [...place.path, key], message, advice })
  }
  if (kind === 'quantile' && fields.q === undefined) {
    refuse('q', 'is missing', 'write q: 0.95 beside quantile')
  }
  if (kind !== 'quantile' && fields.q !== undefined) {
    refuse('q', `does not belong to ${kind}`, 'leave it out, or write quantile')
  }
  if (kind !== 'sum' && fields.resolution !== undefined) {
    refuse('resolution', `does not belong to ${kind}`, 'leave it out: only sums are rounded')
  }
  const where =
    fields.where === undefined
      ? undefined
      : compiledExpression(
          fields.where,
          { kind: 'row' },
          { path: [...place.path, 'where'], findings: place.findings },
        ).expression
  const isRows = kind === 'count' && field === 'rows'
  return {
    name,
    kind,
    ...(isRows || field === undefined ? {} : { field }),
    digits: kind === 'sum' ? digits(fields, field ?? '') : 0,
    ...(fields.q === undefined ? {} : { q: fields.q }),
    ...(where === undefined ? {} : { where }),
  }
}

const digits = ({ resolution }: AggregateFields, field: string): number =>
  resolution === undefined ? resolutionDigits(field) : Math.round(-Math.log10(resolution))

function kindOf(fields: AggregateFields, { path, findings }: Place): AggregateKind {
  const written = KINDS.filter((kind) => fields[kind] !== undefined)
  if (written.length !== 1) {
    findings.push({
      path,
      message: written.length === 0 ? 'has no kind' : `has ${written.length} kinds`,
      advice: `write one of ${KINDS.join(', ')}, as { sum: retrans }`,
    })
  }
  return written[0] ?? 'count'
}
