import { z } from 'zod'
import { field } from '../field.ts'
import { cassandraSchema } from './cassandra-schema.ts'

const MINUTE_MS = 60_000

const kept = (description: string, example: string) =>
  field.duration({ description, example, msMin: MINUTE_MS })

/** The view of the log that people query. */
export const storeSchema = z
  .strictObject({
    kind: field
      .oneOf(['sqlite', 'memory', 'cassandra'], {
        description:
          '`sqlite`: a file in the data folder; `cassandra`: a cluster, named by `cassandra`; ' +
          '`memory`: gone at the end.',
        example: 'sqlite',
      })
      .default('sqlite'),
    retention: kept(
      'How long windows can be queried, each by itself; 30d by default, 48h in Cassandra.',
      '48h',
    ).optional(),
    retention_minute: kept('How long what became of each minute is kept.', '35d').prefault('35d'),
    retention_hour: kept('How long what became of each hour is kept.', '400d').prefault('400d'),
    retention_steps: kept('How long the history of alerts is kept.', '400d').prefault('400d'),
    retention_coverage: kept(
      'How long it is kept which minutes of a site were complete.',
      '400d',
    ).prefault('400d'),
    cassandra: cassandraSchema.optional(),
  })
  .meta({ description: 'The view of the log that people query.' })
  .prefault({})

/** What is written of the store, after its schema. */
export type StoreFields = z.infer<typeof storeSchema>
