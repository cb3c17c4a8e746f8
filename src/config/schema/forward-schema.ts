import { z } from 'zod'
import { field } from '../field.ts'
import { kafkaSchema } from './kafka-schema.ts'

/** The section `forward`: where a site's panes and steps go. */
export const forwardSchema = z
  .strictObject({
    to: kafkaSchema({
      description: 'The cloud’s Kafka.',
      promise: 'strict',
      codec: 'zstd',
    }),
    bandwidth: field
      .size({
        description:
          'Most bytes a second that panes may take, as keys and values before they are packed; ' +
          'steps of alerts are not held back but count. Unbounded by default.',
        example: '1 MB',
        bytesMin: 1024,
      })
      .optional(),
    failover_after: field
      .duration({
        description:
          'The site speaks for itself once its steps have waited this long for the cloud.',
        example: '10s',
        msMin: 1000,
        msMax: 3_600_000,
      })
      .prefault('10s'),
  })
  .meta({ description: 'The cloud that this site tells of its panes and alerts.' })

/** Sites whose topics a cloud admits. */
export const sitesSchema = z
  .array(
    field.name({
      description: 'A site, as its own configuration names it.',
      example: 'ams1',
      pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    }),
  )
  .max(200)
  .meta({
    description:
      'Sites that forward to this log, which makes this process the cloud: their panes are ' +
      'combined, and rules of scope `site` are left to them.',
    examples: [['ams1', 'lyo1']],
  })
  .default([])

/** The section `forward` after its schema. */
export type ForwardFields = z.infer<typeof forwardSchema>
