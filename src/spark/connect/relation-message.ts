import type { MessageOf } from '../../wire/spark-connect/messages.ts'
import type { Relation } from '../spark-session.ts'

/** A relation as the wire has it; inputs are numbered from the outside in. */
export function relationMessage(relation: Relation, planId = 0): MessageOf<'Relation'> {
  const common = { planId }
  const input = (inner: Relation): MessageOf<'Relation'> => relationMessage(inner, planId + 1)
  switch (relation.kind) {
    case 'read': {
      const { format, options, paths = [], schema, isStreaming } = relation
      const described = schema === undefined ? {} : { schema }
      const dataSource = { format, ...described, options: entriesOf(options), paths }
      return { common, read: { dataSource, isStreaming } }
    }
    case 'sql':
      return { common, sql: { query: relation.query } }
    case 'observe': {
      const metrics = relation.metrics.map((expression) => ({ expressionString: { expression } }))
      return {
        common,
        collectMetrics: { input: input(relation.input), name: relation.name, metrics },
      }
    }
    case 'watermark': {
      const { eventTime, delay } = relation
      return {
        common,
        withWatermark: { input: input(relation.input), eventTime, delayThreshold: delay },
      }
    }
  }
}

/** Options and settings as the wire has them. */
export const entriesOf = (record: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(record))
