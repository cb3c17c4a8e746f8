import { errors, types, type Client, type Host } from 'cassandra-driver'
import { NocturneError } from '../../../model/nocturne-error.ts'
import type { Clock } from '../../../std/clock.ts'
import { schemaRefused, storeFaults } from '../session/store-fault.ts'
import { retentionOf, type Retention } from '../cassandra-options.ts'
import { schemaTables, ttlSeconds } from './schema-tables.ts'
import { createTable, SCHEMA_VERSION, schemaTypes, tableOptions, versionTable } from './schema.ts'

/** What is to be there after a migration. */
export type CassandraSchema = {
  readonly keyspace: string
  /** Data centre → copies; used where the keyspace is made. */
  readonly replication: Readonly<Record<string, number>>
  readonly retentionMs?: Partial<Retention>
}

/** What a migration works with; it tells each change that it makes. */
export type MigrationDeps = { readonly clock: Clock; readonly told?: (change: string) => void }

/** How groups are spread over partitions: fixed where the store is made. */
const SHARDS = 32
const LOCK_S = 60
const LOCK_EVERY_MS = 500
/** So often a table that was just made may not be there yet. */
const UNSEEN_MAX = 60
const INVALID = types.responseErrorCodes.invalid
const DDL_MS = 30_000
const TAKEN_IN_TRIES = 40

/**
 * Makes or renews the schema, and answers the store's identity. Harmless when repeated and when two
 * processes run it at once: the first holds a lock, by the only lightweight transactions there are;
 * it lapses by itself. Needs CREATE and ALTER on the keyspace, and CREATE on all keyspaces where
 * this one is not there yet. @throws STORE_REFUSED where a newer Nocturne made the schema.
 */
export async function migrateCassandra(
  client: Client,
  schema: CassandraSchema,
  deps: MigrationDeps,
): Promise<string> {
  const { clock } = deps
  const fault = storeFaults(client)
  try {
    await client.connect()
    const migration = new Migration(client, schema, deps)
    await migration.makeRoom()
    while (!(await migration.lock())) await clock.sleep(LOCK_EVERY_MS)
    try {
      return await migration.run()
    } finally {
      await migration.unlock()
    }
  } catch (error) {
    throw fault(error)
  }
}

/** All migrations ask one node: two that make one table at once would make two of that name. */
const firstHost = (client: Client): Host | undefined =>
  client.hosts
    .values()
    .filter((host) => host.isUp())
    .sort((a, b) => (a.address < b.address ? -1 : 1))[0]

class Migration {
  readonly #client: Client
  readonly #schema: CassandraSchema
  readonly #host: Host | undefined
  readonly #version: string
  readonly #clock: Clock
  readonly #told: (change: string) => void
  #unseenLeft = UNSEEN_MAX
  readonly #owner = types.Uuid.random().toString()

  constructor(client: Client, schema: CassandraSchema, { clock, told }: MigrationDeps) {
    this.#client = client
    this.#schema = schema
    this.#clock = clock
    this.#told = told ?? (() => undefined)
    this.#host = firstHost(client)
    this.#version = `${schema.keyspace}.schema_version`
  }

  /** The keyspace and the table that locks the rest. */
  async makeRoom(): Promise<void> {
    const { keyspace, replication } = this.#schema
    const known = await this.#rows(
      'SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?',
      [keyspace],
    )
    if (known.length === 0) {
      const copies = Object.entries(replication).map(([name, factor]) => `'${name}': ${factor}`)
      await this.#rows(
        `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication =
         {'class': 'NetworkTopologyStrategy', ${copies.join(', ')}}`,
      )
      this.#told(`keyspace ${keyspace} made, copies ${copies.join(', ')}`)
    }
    // Another that migrates may have written of the keyspace what the node has not taken in yet.
    for (let left = TAKEN_IN_TRIES; left > 0; left--) {
      if (await this.#hasVersionTable()) return
      await this.#clock.sleep(LOCK_EVERY_MS)
    }
    throw schemaRefused(`keyspace ${keyspace} does not take in its first table`)
  }

  async #hasVersionTable(): Promise<boolean> {
    try {
      await this.#rows(versionTable(this.#schema.keyspace))
      return true
    } catch (error) {
      if (error instanceof errors.ResponseError && /does(n't| not) exist/.test(error.message))
        return false
      throw error
    }
  }

  /** Answers whether it is ours now; another may hold it. */
  async lock(): Promise<boolean> {
    try {
      const [row] = await this.#rows(
        `INSERT INTO ${this.#version} (name, owner) VALUES ('lock', ?) IF NOT EXISTS
         USING TTL ${LOCK_S}`,
        [this.#owner],
      )
      // It may have been answered too late the first time, and repeated.
      return row?.['[applied]'] === true || row?.['owner'] === this.#owner
    } catch (error) {
      // A node tells of a table that another has it make a moment before it takes rows there.
      const isUnseen = error instanceof errors.ResponseError && error.code === INVALID
      if (isUnseen && this.#unseenLeft-- > 0) return false
      throw error
    }
  }

  /** A slow node takes longer for all tables than the lock lives. */
  async #renew(): Promise<void> {
    const isOurs = await this.#applied(
      `UPDATE ${this.#version} USING TTL ${LOCK_S} SET owner = ? WHERE name = 'lock' IF owner = ?`,
      [this.#owner, this.#owner],
    )
    if (!isOurs) throw new NocturneError('STORE_UNAVAILABLE', 'another migration has begun')
  }

  async unlock(): Promise<void> {
    await this.#applied(`DELETE FROM ${this.#version} WHERE name = 'lock' IF owner = ?`, [
      this.#owner,
    ])
  }

  async run(): Promise<string> {
    const before = await this.#stored()
    if (before !== undefined && before.version > SCHEMA_VERSION) {
      throw new NocturneError('STORE_REFUSED', `schema ${before.version} is a newer Nocturne’s`)
    }
    const { keyspace } = this.#schema
    const tables = await this.#tables()
    if (before === undefined) for (const type of schemaTypes(keyspace)) await this.#rows(type)
    for (const table of schemaTables(retentionOf(this.#schema.retentionMs))) {
      const keptS = tables.get(table.name)
      const kept = `rows kept ${ttlSeconds(table.keptMs)} s`
      if (keptS === undefined) {
        await this.#renew()
        await this.#rows(createTable(keyspace, table))
        this.#told(`table ${table.name} made, ${kept}`)
      } else if (keptS !== ttlSeconds(table.keptMs)) {
        await this.#rows(`ALTER TABLE ${keyspace}.${table.name} WITH ${tableOptions(table)}`)
        this.#told(`table ${table.name} altered, ${kept}`)
      }
    }
    if (before !== undefined) return before.identity
    // Last: whoever finds it finds all tables.
    await this.#applied(
      `INSERT INTO ${this.#version} (name, version, identity, shards)
       VALUES ('nocturne', ?, ?, ?) IF NOT EXISTS`,
      [SCHEMA_VERSION, types.Uuid.random().toString(), SHARDS],
    )
    const after = await this.#stored()
    if (after === undefined) throw schemaRefused('the schema that was just made is not there')
    return after.identity
  }

  async #stored(): Promise<{ readonly version: number; readonly identity: string } | undefined> {
    const [row] = await this.#rows(
      `SELECT version, identity FROM ${this.#version} WHERE name = 'nocturne'`,
      [],
      types.consistencies.localSerial,
    )
    return row && { version: Number(row['version']), identity: String(row['identity']) }
  }

  /** Name → seconds that its rows are kept. */
  async #tables(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#rows(
      `SELECT table_name, default_time_to_live FROM system_schema.tables WHERE keyspace_name = ?`,
      [this.#schema.keyspace],
    )
    return new Map(
      rows.map((row) => [String(row['table_name']), Number(row['default_time_to_live'])]),
    )
  }

  async #applied(query: string, params: readonly unknown[]): Promise<boolean> {
    const rows = await this.#rows(query, params)
    return rows[0]?.['[applied]'] === true
  }

  async #rows(
    query: string,
    params: readonly unknown[] = [],
    consistency = types.consistencies.localQuorum,
  ): Promise<readonly types.Row[]> {
    const { rows } = await this.#client.execute(query, [...params], {
      prepare: params.length > 0,
      consistency,
      serialConsistency: types.consistencies.localSerial,
      readTimeout: DDL_MS,
      ...(this.#host && { host: this.#host }),
    })
    return rows ?? []
  }
}
