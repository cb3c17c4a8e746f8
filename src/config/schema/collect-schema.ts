import { z } from 'zod'
import { field } from '../field.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/

const mappedFrom = z
  .strictObject({
    from: field.text({ description: 'Name in the source.', example: 'srtt_us' }).optional(),
    value: z
      .union([z.string().min(1).max(128), z.number()])
      .meta({ description: 'A constant instead of `from`.', examples: [2002] })
      .optional(),
    unit: field
      .oneOf(['s', 'ms', 'us', 'ns'], {
        description: 'Unit of a time in the source; it becomes ms.',
        example: 's',
      })
      .optional(),
    scale: field
      .number({
        description: 'What numbers are multiplied by.',
        example: 0.001,
        min: 1e-12,
        max: 1e12,
      })
      .optional(),
    delta_by: field
      .name({
        description: 'The number is a running total per value of this field; it becomes a delta.',
        example: 'conn',
        pattern: NAME,
      })
      .optional(),
    as: field.oneOf(['text'], { description: 'What it becomes.', example: 'text' }).optional(),
  })
  .refine((it) => (it.from === undefined) !== (it.value === undefined), {
    error: 'needs either `from` or `value`',
  })
  .meta({ description: 'How one field is made.', examples: [{ from: 'time', unit: 's' }] })

const mapSchema = z.record(z.string().regex(NAME), z.union([z.string().min(1), mappedFrom])).meta({
  description:
    'Our field: its name in the source, or how it is made. A name that is read is ' +
    'used up unless it is mapped too; all others stay as they are.',
  examples: [{ stream: 'channel', ts: { from: 'time', unit: 's' } }],
})

const map = mapSchema.optional()
const format = field
  .oneOf(['ndjson'], { description: 'How rows are written.', example: 'ndjson' })
  .default('ndjson')
const path = field.text({
  description: 'The file, absolute or from the folder of this configuration; `.gz` is unpacked.',
  example: '/var/log/edge/access.ndjson',
})

const ssSchema = z
  .strictObject({
    kind: z.literal('ss').meta({ description: 'TCP connections of this host, by `ss`.' }),
    ports: z
      .array(field.integer({ description: 'A port.', example: 443, min: 1, max: 65_535 }))
      .min(1)
      .max(64)
      .meta({ description: 'Local ports to keep; all by default.', examples: [[443, 8443]] })
      .optional(),
    addresses: z
      .array(z.string().min(2).max(64))
      .min(1)
      .max(64)
      .meta({
        description: 'Local addresses or prefixes to keep; all by default.',
        examples: [['192.0.2.10', '2001:db8::/32']],
      })
      .optional(),
    streams: z
      .array(
        z
          .strictObject({
            port: field
              .integer({ description: 'Local port.', example: 443, min: 1, max: 65_535 })
              .optional(),
            address: field
              .text({ description: 'Address or prefix of the peer.', example: '198.51.100.0/24' })
              .optional(),
            stream: field.text({ description: 'Name of the stream.', example: 'arena-1' }),
          })
          .meta({ description: 'Names the stream of the connections that fit both.' }),
      )
      .max(1000)
      .meta({ description: 'The first that fits names the stream; else it is `tcp-PORT`.' })
      .default([]),
  })
  .meta({ description: 'TCP connections of this host, from the kernel, every second.' })

const matchNightSchema = z
  .strictObject({
    kind: z.literal('match-night').meta({ description: 'A simulated evening, labelled as such.' }),
    seed: field
      .integer({
        description: 'The same seed gives the same evening.',
        example: 1,
        min: 0,
        max: 2 ** 31 - 1,
      })
      .default(1),
    channels: field
      .integer({ description: 'Channels of each of its sites.', example: 200, min: 5, max: 2000 })
      .default(200),
    rows_per_second: field
      .integer({
        description: 'Rows a second at the greatest audience, over all sites.',
        example: 2000,
        min: 10,
        max: 50_000,
      })
      .default(2000),
  })
  .meta({ description: 'A simulated match night: sites, channels, an audience and faults.' })

/** The section `collect`. */
export const collectSchema = z
  .strictObject({
    sources: z
      .array(
        z.discriminatedUnion('kind', [
          z
            .strictObject({
              kind: z.literal('file').meta({ description: 'A file, read once.' }),
              path,
              format,
              map,
            })
            .meta({ description: 'A file, read from its beginning to its end.' }),
          z
            .strictObject({
              kind: z.literal('tail').meta({ description: 'A file that grows.' }),
              path,
              format,
              map,
            })
            .meta({ description: 'A file that grows, followed across rotation.' }),
          z
            .strictObject({
              kind: z.literal('stdin').meta({ description: 'Standard input.' }),
              format,
              map,
            })
            .meta({ description: 'Rows on standard input.' }),
          ssSchema,
          matchNightSchema,
        ]),
      )
      .max(64)
      .meta({ description: 'Where rows come from; rows posted to `/v1/readings` come beside.' })
      .default([]),
    map,
    sampling: z
      .strictObject({
        rate: field
          .number({
            description: 'Share of the sessions that is kept; choose 1/k.',
            example: 0.1,
            min: 1e-6,
            max: 1,
          })
          .default(1),
        key_file: field
          .text({
            description:
              'File with the key that picks sessions, equal on all sites; only its owner may ' +
              'read it. Needed below a rate of 1.',
            example: '/etc/nocturne/sampling.key',
          })
          .optional(),
      })
      .refine((it) => it.rate === 1 || it.key_file !== undefined, {
        path: ['key_file'],
        error: 'is needed where `rate` is below 1',
      })
      .meta({ description: 'Whole sessions are kept or left out.' })
      .prefault({}),
  })
  .meta({
    description: 'Where rows come from. `map` here holds for every source without its own.',
  })

/** The section `collect` after its schema. */
export type CollectFields = z.infer<typeof collectSchema>
