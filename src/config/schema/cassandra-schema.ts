import { z } from 'zod'
import { field } from '../field.ts'
import { tlsSchema } from './tls-schema.ts'

const NODES_MAX = 32
const NODE = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/
const CENTER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const LEVELS = ['ONE', 'LOCAL_ONE', 'LOCAL_QUORUM', 'QUORUM', 'EACH_QUORUM', 'ALL'] as const

const level = (description: string) =>
  field.oneOf(LEVELS, { description, example: 'LOCAL_QUORUM' }).default('LOCAL_QUORUM')

const wait = (description: string, usual: string) =>
  field.duration({ description, example: usual, msMin: 100, msMax: 600_000 }).prefault(usual)

const authSchema = z
  .strictObject({
    username: field.text({ description: 'Role that we log in as.', example: 'nocturne' }),
    password_file: field.text({
      description:
        'File with the password; only its owner may read it. It is read again for each connection.',
      example: '/etc/nocturne/cassandra-password',
    }),
  })
  .meta({ description: 'Who we are, to the nodes.' })

/** One Cassandra cluster. */
export const cassandraSchema = z
  .strictObject({
    contact_points: z
      .array(z.string().regex(NODE))
      .min(1)
      .max(NODES_MAX)
      .meta({
        description: 'Nodes to begin with, each `host:port`; the others are found by them.',
        examples: [['cassandra-1.example.org:9042', 'cassandra-2.example.org:9042']],
      }),
    local_data_center: field.name({
      description: 'Data centre whose nodes are asked, as Cassandra calls it.',
      example: 'dc1',
      pattern: CENTER,
    }),
    keyspace: field
      .name({
        description: 'Keyspace of the store; `nocturne store migrate` makes it.',
        example: 'nocturne',
        pattern: /^[a-z][a-z0-9_]{0,47}$/,
      })
      .default('nocturne'),
    replication: z
      .record(z.string().regex(CENTER), z.int().min(1).max(9))
      .meta({
        description:
          'Copies in each data centre where the keyspace is made; 3 in the local one by default.',
        examples: [{ dc1: 3 }],
      })
      .optional(),
    consistency: z
      .strictObject({
        read: level('Copies that have to answer what is read.'),
        write: level('Copies that have to confirm what is written.'),
      })
      .meta({ description: 'How many copies have to answer.' })
      .prefault({}),
    timeouts: z
      .strictObject({
        connect: wait('How long a connection to a node may take.', '5s'),
        request: wait('How long one call of the store may take, repeats included.', '10s'),
      })
      .meta({ description: 'How long the nodes are waited for.' })
      .prefault({}),
    tls: tlsSchema({ name: 'nodes', example: 'cassandra.example.org' }).optional(),
    auth: authSchema.optional(),
  })
  .meta({ description: 'The cluster of the store, where `kind` is cassandra.' })

/** A Cassandra cluster after its schema. */
export type CassandraFields = z.infer<typeof cassandraSchema>
