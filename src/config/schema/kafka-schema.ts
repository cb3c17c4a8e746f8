import { z } from 'zod'
import { field } from '../field.ts'
import { tlsSchema } from './tls-schema.ts'

const BROKERS_MAX = 32
const BROKER = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/

const saslSchema = z
  .strictObject({
    mechanism: field.oneOf(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'], {
      description: 'How we say who we are; `PLAIN` only with `tls`.',
      example: 'SCRAM-SHA-512',
    }),
    username: field.text({ description: 'Who we are.', example: 'ams1' }),
    password_file: field.text({
      description:
        'File with the password; only its owner may read it. It is read again for each connection.',
      example: '/etc/nocturne/kafka-password',
    }),
  })
  .meta({ description: 'Who we are, to the brokers.' })

/** One Kafka cluster; what a site's own log and a cloud's differ in are their defaults. */
export function kafkaSchema(given: {
  readonly description: string
  readonly promise: 'available' | 'strict'
  readonly codec: 'lz4' | 'zstd'
}) {
  return z
    .strictObject({
      brokers: z
        .array(z.string().regex(BROKER))
        .min(1)
        .max(BROKERS_MAX)
        .meta({
          description: 'Brokers to begin with, each `host:port`; the others are found by them.',
          examples: [['kafka-1.example.org:9092', 'kafka-2.example.org:9092']],
        }),
      promise: field
        .oneOf(['available', 'strict'], {
          description:
            '`available`: goes on with one broker of three; `strict`: confirms nothing that ' +
            'lies on one broker alone.',
          example: 'available',
        })
        .default(given.promise),
      replication: field
        .integer({
          description: 'Copies of the topics that we create.',
          example: 3,
          min: 1,
          max: 9,
        })
        .default(3),
      codec: field
        .oneOf(['none', 'lz4', 'zstd'], {
          description: 'How batches are packed.',
          example: given.codec,
        })
        .default(given.codec),
      instance: field
        .text({
          description:
            'Name of this process in its groups (static membership): a restart then moves no ' +
            'partitions.',
          example: 'edge-1',
        })
        .optional(),
      tls: tlsSchema({ name: 'brokers', example: 'kafka.example.org' }).optional(),
      sasl: saslSchema.optional(),
    })
    .meta({ description: given.description })
}

/** A Kafka cluster after its schema. */
export type KafkaFields = z.infer<ReturnType<typeof kafkaSchema>>
