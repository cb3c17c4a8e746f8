import { z } from 'zod'
import { field } from '../field.ts'

const BROKERS_MAX = 32
const ADDRESS = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/
const SITE = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/
/** As Spark names options of its Kafka source and sink. */
const OPTION = /^kafka\.[a-z0-9]+(?:[._-][a-z0-9]+)*$/
/** Of a relative path every executor makes another. */
const FOLDER = /^(?:\/|[a-z][a-z0-9+.-]*:\/)[!-~]{0,1000}$/
const RATE_MIN = 0.000001

const tls = z
  .strictObject({
    ca: field
      .text({
        description: 'Certificates that may sign the server’s; the machine’s own by default.',
        example: '/etc/nocturne/ca.pem',
      })
      .optional(),
    server_name: field
      .text({
        description: 'Name that the server’s certificate carries, where it is not its host.',
        example: 'spark.example.org',
      })
      .optional(),
  })
  .meta({
    description:
      'Encrypted connections, by what stands before the server: Spark Connect has none of its ' +
      'own. `{}` is enough where the machine knows who signs.',
  })

/** Where rows become panes in a Spark cluster, and how. */
const sparkSchema = z
  .strictObject({
    remote: z
      .string()
      .regex(ADDRESS)
      .meta({
        description: 'The Spark Connect server; Spark 4.2 or newer.',
        examples: ['spark.example.org:15002'],
        bounds: 'host:port',
      }),
    tls: tls.optional(),
    token_file: field
      .text({
        description:
          'File with the server’s token; only its owner may read it. It is read again for each ' +
          'call.',
        example: '/etc/nocturne/spark-token',
      })
      .optional(),
    sites: z
      .array(
        field.name({
          description: 'A site, as its rows carry it.',
          example: 'ams1',
          pattern: SITE,
        }),
      )
      .min(1)
      .max(16)
      .meta({
        description:
          'Sites whose rows the topic holds: each has a query of its own. Rows of any other are ' +
          'refused and counted. `site` alone by default.',
        examples: [['ams1', 'ams1/cloudfront']],
      })
      .optional(),
    checkpoints: z
      .string()
      .regex(FOLDER)
      .meta({
        description:
          'Folder or URL of the queries’ checkpoints, as executors see it: all of them must ' +
          'reach it.',
        examples: ['s3a://noc/checkpoints'],
        bounds: 'absolute path or URL',
      }),
    trigger: field
      .duration({
        description: 'A batch begins this often; `0s`: as soon as the one before has ended.',
        example: '1s',
        msMax: 60_000,
      })
      .prefault('1s'),
    rows_per_batch_max: field
      .integer({
        description: 'Most rows that one batch takes, which bounds what a backlog asks for.',
        example: 200_000,
        min: 1000,
        max: 100_000_000,
      })
      .default(200_000),
    shuffle_partitions: field
      .integer({
        description: 'Parts that state is cut into; another number begins a new checkpoint.',
        example: 8,
        min: 1,
        max: 1024,
      })
      .default(8),
    spread: field
      .duration({
        description:
          'How far partitions may lie apart in event time before Spark lets go of state that the ' +
          'slowest of them needs.',
        example: '10s',
        msMax: 3_600_000,
      })
      .prefault('10s'),
    rates: z
      .array(z.number().min(RATE_MIN).max(1))
      .min(1)
      .max(8)
      .meta({
        description:
          'The rates that rows are sampled at, 1 where they are not: a distinct count keeps a ' +
          'sketch for each, and counts no rows of another. `[1, 0.1]` by default.',
        examples: [[1, 0.1]],
      })
      .default([1, 0.1]),
    brokers: z
      .array(z.string().regex(ADDRESS))
      .min(1)
      .max(BROKERS_MAX)
      .meta({
        description: 'The brokers as Spark reaches them; `log.kafka.brokers` by default.',
        examples: [['kafka-1.internal:9092']],
      })
      .optional(),
    kafka: z
      .record(z.string().regex(OPTION), z.string().max(4096))
      .meta({
        description:
          'More of how Spark reaches Kafka, by Spark’s names. No secrets: JAAS and trust stores ' +
          'lie on driver and executors.',
        examples: [{ 'kafka.security.protocol': 'SASL_SSL' }],
      })
      .default({}),
  })
  .meta({ description: 'The Spark cluster, where `engine` is spark.' })

/** Who makes panes of rows. */
export const aggregateSchema = z
  .strictObject({
    engine: field
      .oneOf(['own', 'spark'], {
        description:
          '`own`: this process and its like; `spark`: a Spark cluster, named by `spark`. Windows ' +
          'are the same.',
        example: 'own',
      })
      .default('own'),
    spark: sparkSchema.optional(),
  })
  .meta({ description: 'Who makes panes of rows.' })
  .prefault({})

/** What is written of who makes panes, after its schema. */
export type AggregateFields = z.infer<typeof aggregateSchema>
