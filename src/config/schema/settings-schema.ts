import { z } from 'zod'
import { collectSchema } from './collect-schema.ts'
import { field } from '../field.ts'
import { forwardSchema, sitesSchema } from './forward-schema.ts'
import { kafkaSchema } from './kafka-schema.ts'
import { monitorSchema } from './monitor-schema.ts'
import { notifySchema } from './notify-schema.ts'
import { aggregateSchema } from './spark-schema.ts'
import { storeSchema } from './store-schema.ts'

const SEGMENT_BYTES = 1024 * 1024
const WORKERS_MAX = 64

/** What is kept of one topic, by age and by bytes of each partition. */
function retention(note: { of: string; age: string; bytes: string }) {
  return z
    .strictObject({
      age: field
        .duration({ description: `How long ${note.of} are kept.`, example: note.age, msMin: 1000 })
        .prefault(note.age),
      bytes: field
        .size({
          description: `Most bytes of ${note.of} that one partition keeps.`,
          example: note.bytes,
          bytesMin: SEGMENT_BYTES,
        })
        .prefault(note.bytes),
    })
    .meta({ description: `What is kept of ${note.of}.` })
    .prefault({})
}

const retentionSchema = z
  .strictObject({
    readings: retention({ of: 'rows', age: '24h', bytes: '8 GiB' }),
    panes: retention({ of: 'panes', age: '24h', bytes: '4 GiB' }),
    windows: retention({ of: 'windows', age: '48h', bytes: '4 GiB' }),
    rollups: retention({ of: 'minutes and hours', age: '48h', bytes: '1 GiB' }),
    transitions: retention({ of: 'steps of alerts', age: '90d', bytes: '1 GiB' }),
    notices: retention({ of: 'notices', age: '7d', bytes: '512 MiB' }),
    commands: retention({ of: 'people’s commands', age: '366d', bytes: '256 MiB' }),
    late: retention({ of: 'rows that came too late', age: '7d', bytes: '256 MiB' }),
    rejected: retention({ of: 'refused rows', age: '24h', bytes: '64 MiB' }),
  })
  .meta({ description: 'What is kept of each topic; readers’ checkpoints are compacted.' })
  .prefault({})

const logSchema = z
  .strictObject({
    kind: field
      .oneOf(['embedded', 'memory', 'kafka'], {
        description:
          '`embedded`: segment files in the data folder; `kafka`: a cluster, named by `kafka`; ' +
          '`memory`: gone at the end.',
        example: 'embedded',
      })
      .default('embedded'),
    kafka: kafkaSchema({
      description: 'The cluster of the log, where `kind` is kafka.',
      promise: 'available',
      codec: 'lz4',
    }).optional(),
    partitions: field
      .integer({
        description: 'Partitions of rows, panes and windows; fixed once the data folder is made.',
        example: 4,
        min: 1,
        max: 64,
      })
      .default(4),
    durability: field
      .oneOf(['ack', 'interval'], {
        description:
          '`ack`: an append is synced before it is confirmed; `interval`: synced every 100 ms.',
        example: 'ack',
      })
      .default('ack'),
    spool: field
      .size({
        description:
          'Most bytes of rows that wait on the local disk while brokers are away; beyond it rows ' +
          'are refused, and whoever posts them is told to come again.',
        example: '8 GiB',
        bytesMin: SEGMENT_BYTES,
      })
      .prefault('8 GiB'),
    retention: retentionSchema,
  })
  .meta({ description: 'The log that everything goes through.' })
  .prefault({})

const httpSchema = z
  .strictObject({
    listen: z
      .string()
      .regex(/^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/)
      .refine((text) => Number(text.split(':').at(-1)) <= 65_535, { error: 'has no such port' })
      .meta({
        description: 'Address and port of the wall and the API; port 0 takes a free one.',
        examples: ['127.0.0.1:8080'],
        bounds: 'address:port',
      })
      .default('127.0.0.1:8080'),
    external_url: z
      .url({ protocol: /^https?$/ })
      .meta({
        description: 'Where people reach the wall, for links in notices; `listen` by default.',
        examples: ['https://noc.example.org/nocturne'],
        bounds: 'http or https',
      })
      .optional(),
  })
  .meta({ description: 'The wall and the API.' })
  .prefault({})

/** The whole configuration file, each field with what the manual says of it. */
export const settingsSchema = z
  .strictObject({
    version: z.literal(1).meta({ description: 'Version of this format.', examples: [1] }),
    site: field
      .name({
        description: 'Name of this site, as rows and alerts carry it.',
        example: 'ams1',
        pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/,
      })
      .default('local'),
    data: field
      .text({
        description:
          'Folder of the log and the store, absolute or from the folder of this configuration.',
        example: '/var/lib/nocturne',
      })
      .default('data'),
    skew: field
      .duration({
        description: 'How far a row may claim to come from the future and still move time on.',
        example: '5s',
        msMax: 3_600_000,
      })
      .prefault('5s'),
    absent: field
      .duration({
        description: 'A source silent this long, by the clock, no longer holds windows up.',
        example: '30s',
        msMin: 1000,
        msMax: 3_600_000,
      })
      .prefault('30s'),
    workers: z
      .union([z.literal('auto'), z.int().min(0).max(WORKERS_MAX)])
      .meta({
        description:
          'Threads beside the main one that turn rows into windows and alerts; 0 leaves all of ' +
          'it to the main one, `auto` is one less than there are cores, at most 6. There are ' +
          'never more than `log.partitions`.',
        examples: ['auto'],
        bounds: `auto, or 0 to ${WORKERS_MAX}`,
      })
      .default('auto'),
    log: logSchema,
    store: storeSchema,
    collect: collectSchema.prefault({}),
    aggregate: aggregateSchema,
    http: httpSchema,
    monitors: z
      .array(monitorSchema)
      .max(500)
      .meta({
        description:
          'What is measured and when people are told: monitors, or names of files with a ' +
          'list of them.',
      })
      .default([]),
    notify: notifySchema.prefault({}),
    forward: forwardSchema.optional(),
    sites: sitesSchema,
  })
  .meta({ description: 'One file configures all.' })

/** All settings after their schema: durations in ms, sizes in bytes, defaults filled in. */
export type Settings = z.infer<typeof settingsSchema>
