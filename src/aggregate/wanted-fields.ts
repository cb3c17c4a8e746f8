import type { MonitorSpec } from '../model/monitor.ts'
import type { WantedField } from '../wire/fields/field-plan.ts'
import { fieldByName } from '../wire/reading-rules.ts'
import { clusterFields } from './rows/cluster-column.ts'
import { FieldBatch } from './rows/field-batch.ts'
import { fieldsOfRowTest, literalsOfRowTest } from './row-test.ts'

/** What every fold reads of a row beside what its monitors want. */
export const foldFields: readonly WantedField[] = [
  { name: 'ts', kind: 'number' },
  { name: 'site', kind: 'text' },
  { name: 'stream', kind: 'text' },
  { name: 'p', kind: 'number' },
  { name: 'n', kind: 'number' },
  { name: 'collector', kind: 'text' },
  { name: 'sampled', kind: 'text' },
  { name: 'src', kind: 'text' },
  { name: 'spread', kind: 'number' },
  { name: 'final', kind: 'number' },
  ...clusterFields,
]

/** The fields that one monitor reads, as often as it reads them, and as what. */
export function monitorFields(monitor: MonitorSpec): readonly WantedField[] {
  const tests = [monitor.where, ...monitor.aggregates.map(({ where }) => where)]
  const measured = monitor.aggregates.flatMap(({ kind, field }): readonly WantedField[] => {
    if (field === undefined) return []
    // Rows that have a dimension are counted too; of an unknown field it is a measure.
    const isText = kind === 'distinct' || (kind === 'count' && isDimension(field))
    return [{ name: field, kind: isText ? 'text' : 'number' }]
  })
  return [
    ...monitor.groupBy.map((name): WantedField => ({ name, kind: 'text' })),
    ...tests.flatMap((test) => (test === undefined ? [] : fieldsOfRowTest(test))),
    ...measured,
  ]
}

/**
 * The union of what a fold with these monitors reads, each field once. The configuration has made
 * sure that there are at most `wantedFieldsMax`, each as one kind.
 */
export function wantedFields(monitors: readonly MonitorSpec[]): readonly WantedField[] {
  const all = [...foldFields, ...monitors.flatMap(monitorFields)]
  return [...new Map(all.map((field) => [`${field.kind}:${field.name}`, field])).values()]
}

/** A batch with room for what these monitors read; what they compare with is interned first. */
export function fieldBatchOf(monitors: readonly MonitorSpec[], stringsMax?: number): FieldBatch {
  const wanted = wantedFields(monitors)
  const interned = new Set(wanted.map(({ name }) => name))
  for (const { name } of clusterFields) interned.delete(name)
  for (const { name } of monitors.flatMap(monitorFields)) interned.add(name)
  const tests = monitors.flatMap(({ where, aggregates }) => [
    where,
    ...aggregates.map((aggregate) => aggregate.where),
  ])
  const found = tests.flatMap((test) => (test === undefined ? [] : literalsOfRowTest(test)))
  const literals = [...new Set(['', 'beat', 'request', ...found])]
  return new FieldBatch({ wanted, interned, literals, stringsMax })
}

const isDimension = (field: string): boolean => fieldByName.get(field)?.kind === 'X'
