import type { Buffer } from 'node:buffer'
import { Client, type types } from 'cassandra-driver'
import { NocturneError } from '../../../model/nocturne-error.ts'
import { clientOptions, REQUEST_MS } from './client-options.ts'
import { schemaRefused, storeFaults, type StoreFault } from './store-fault.ts'
import type { CassandraDeps, CassandraOptions } from '../cassandra-options.ts'
import { clientPolicies, consistencyOf } from './client-policies.ts'
import { Limiter } from './limiter.ts'
import { SCHEMA_VERSION } from '../schema/schema.ts'

/** One statement with its values, as the driver takes them. */
export type Statement = { readonly query: string; readonly params: readonly Param[] }
/** Bytes are taken as they are. */
export type Param = Buffer | string | number | bigint | Date | ReadonlyMap<string, Buffer>
export type Row = types.Row

/** What is read of the store before anything else. */
export type Layout = { readonly identity: string; readonly shards: number }

/** One call of the store: what it asks, within its deadline. */
export type Call = {
  readonly layout: Layout
  /** Rows of one partition in pages that grow, until they end or `rowsMax` have come. */
  pages(
    statement: Statement,
    bounds: { readonly pageRows: number; readonly rowsMax: number },
  ): AsyncGenerator<readonly Row[], void>
  /** All of them, at most `rowsMax`. */
  rows(statement: Statement, rowsMax: number): Promise<readonly Row[]>
  /** Batches of one partition each: resolves when all of them are durable. */
  write(batches: Iterable<readonly Statement[]>): Promise<void>
}

const IN_FLIGHT_MAX = 32
const PAGE_ROWS = 1_000
/** A connection that is idle is asked whether it lives: a link that was cut says nothing. */
const HEARTBEAT_MS = 10_000

type Connected = { readonly client: Client; layout: Layout | undefined }

/**
 * The way to the cluster: connected when first asked, and again at the next call where that failed.
 * A client that was connected once comes back by itself after an outage.
 */
export class Session {
  readonly keyspace: string
  readonly #options: CassandraOptions
  readonly #deps: CassandraDeps
  readonly #requestMs: number
  readonly #limiter = new Limiter(IN_FLIGHT_MAX)
  readonly #consistency
  #connected: Promise<Connected> | undefined
  /** Of the client that was made last. */
  #fault: StoreFault = (error) => error
  #isClosed = false

  constructor(options: CassandraOptions, deps: CassandraDeps) {
    this.keyspace = options.keyspace
    this.#options = options
    this.#deps = deps
    this.#requestMs = options.requestMs ?? REQUEST_MS
    const { read = 'LOCAL_QUORUM', write = 'LOCAL_QUORUM' } = options.consistency ?? {}
    this.#consistency = { read: consistencyOf[read], write: consistencyOf[write] }
  }

  /** Reads the schema's version anew. @throws STORE_REFUSED where it is not the one spoken. */
  async checked(): Promise<Layout> {
    return this.#within('migrate', async (signal) => {
      const connected = await this.#connect()
      connected.layout = undefined
      return this.#layout(connected, signal)
    })
  }

  /** Runs one call of the store. @throws STORE_TIMEOUT once its deadline is over. */
  async call<T>(name: string, work: (call: Call) => Promise<T>): Promise<T> {
    return this.#within(name, async (signal) => {
      const connected = await this.#connect()
      const layout = await this.#layout(connected, signal)
      throwIfLate(signal)
      return work(this.#callOf(connected.client, layout, signal))
    })
  }

  /** @throws STORE_UNAVAILABLE after `close`. */
  assertOpen(): void {
    if (this.#isClosed) throw new NocturneError('STORE_UNAVAILABLE', 'it is closed')
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#forget(this.#connected)
  }

  async #within<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.assertOpen()
    const ending = new AbortController()
    const late = this.#deps.clock.sleep(this.#requestMs, ending.signal).then(() => {
      throw new NocturneError('STORE_TIMEOUT', `${name} took longer than ${this.#requestMs} ms`)
    })
    try {
      return await Promise.race([work(ending.signal), late])
    } catch (error) {
      const told = this.#fault(error)
      if (told instanceof NocturneError && told.code === 'STORE_REFUSED') {
        void this.#forget(this.#connected)
      }
      throw told
    } finally {
      late.catch(() => undefined)
      ending.abort()
    }
  }

  async #connect(): Promise<Connected> {
    const connecting = (this.#connected ??= this.#open())
    try {
      return await connecting
    } catch (error) {
      if (this.#connected === connecting) this.#connected = undefined
      throw error
    }
  }

  async #open(): Promise<Connected> {
    const client = new Client({
      ...clientOptions(this.#options),
      policies: clientPolicies(this.#options.localDataCenter),
      encoding: { map: Map, useBigIntAsLong: true },
      pooling: { heartBeatInterval: HEARTBEAT_MS },
      queryOptions: { isIdempotent: true, prepare: true },
    })
    this.#fault = storeFaults(client, this.#options.tls)
    try {
      await client.connect()
    } catch (error) {
      await client.shutdown()
      throw error
    }
    return { client, layout: undefined }
  }

  async #layout(connected: Connected, signal: AbortSignal): Promise<Layout> {
    if (connected.layout !== undefined) return connected.layout
    const query = `SELECT version, identity, shards FROM ${this.keyspace}.schema_version
      WHERE name = 'nocturne'`
    const { rows } = await this.#read(connected.client, { query, params: [] }, { signal })
    const [row] = rows
    if (row === undefined) throw schemaRefused(`keyspace ${this.keyspace} has no schema`)
    const version = Number(row['version'])
    if (version !== SCHEMA_VERSION) {
      throw schemaRefused(`schema ${version} is there, and ${SCHEMA_VERSION} is spoken`)
    }
    return (connected.layout = {
      identity: String(row['identity']),
      shards: Number(row['shards']),
    })
  }

  async #forget(connected: Promise<Connected> | undefined): Promise<void> {
    if (this.#connected === connected) this.#connected = undefined
    try {
      await (await connected)?.client.shutdown()
    } catch (error) {
      if (error instanceof Error) return // It never was connected, or is gone.
      throw error
    }
  }

  #callOf(client: Client, layout: Layout, signal: AbortSignal): Call {
    const read = this.#read.bind(this, client)
    async function* pages(
      statement: Statement,
      { pageRows, rowsMax }: { readonly pageRows: number; readonly rowsMax: number },
    ): AsyncGenerator<readonly Row[], void> {
      let left = rowsMax
      let pageState: string | undefined
      for (let size = pageRows; left > 0; size = Math.min(2 * size, PAGE_ROWS)) {
        const page = await read(statement, { signal, pageState, pageRows: Math.min(size, left) })
        left -= page.rows.length
        pageState = page.pageState
        yield page.rows
        if (pageState === undefined) return
      }
    }
    return {
      layout,
      pages,
      rows: async (statement, rowsMax) => {
        const rows: Row[] = []
        for await (const page of pages(statement, { pageRows: PAGE_ROWS, rowsMax })) {
          rows.push(...page)
        }
        return rows
      },
      write: (batches) => this.#write(client, batches, signal),
    }
  }

  async #read(
    client: Client,
    { query, params }: Statement,
    of: {
      readonly signal: AbortSignal
      readonly pageState?: string | undefined
      readonly pageRows?: number
    },
  ): Promise<{ readonly rows: readonly Row[]; readonly pageState: string | undefined }> {
    const { signal, pageState, pageRows = PAGE_ROWS } = of
    await this.#limiter.enter('read')
    try {
      throwIfLate(signal)
      const result = await client.execute(query, [...params], {
        consistency: this.#consistency.read,
        prepare: true,
        fetchSize: pageRows,
        ...(pageState && { pageState }),
      })
      return { rows: result.rows ?? [], pageState: result.pageState || undefined }
    } finally {
      this.#limiter.leave()
    }
  }

  /** Stops at the first failure, and leaves none unheard. */
  async #write(
    client: Client,
    batches: Iterable<readonly Statement[]>,
    signal: AbortSignal,
  ): Promise<void> {
    const running = new Set<Promise<void>>()
    const failures: unknown[] = []
    for (const batch of batches) {
      await this.#limiter.enter('write')
      if (failures.length > 0 || signal.aborted) {
        this.#limiter.leave()
        break
      }
      const work = this.#send(client, batch)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => {
          running.delete(work)
          this.#limiter.leave()
        })
      running.add(work)
    }
    await Promise.all(running)
    if (failures.length > 0) throw failures[0]
    throwIfLate(signal)
  }

  async #send(client: Client, batch: readonly Statement[]): Promise<void> {
    const consistency = this.#consistency.write
    const [first] = batch
    if (first === undefined) return
    if (batch.length === 1) {
      await client.execute(first.query, [...first.params], { consistency, prepare: true })
    } else {
      const all = batch.map(({ query, params }) => ({ query, params: [...params] }))
      await client.batch(all, { consistency, prepare: true, logged: false })
    }
  }
}

function throwIfLate(signal: AbortSignal): void {
  if (signal.aborted) throw new NocturneError('STORE_TIMEOUT', 'its deadline is over')
}
