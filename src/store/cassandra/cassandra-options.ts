import type { Clock } from '../../std/clock.ts'
import type { Tier } from '../../model/roll-up.ts'

/** How long each kind of row is kept, ms. */
export type Retention = Readonly<Record<Tier | 'steps' | 'coverage', number>>

/** How many copies have to answer. */
export type ConsistencyName =
  'ONE' | 'LOCAL_ONE' | 'LOCAL_QUORUM' | 'QUORUM' | 'EACH_QUORUM' | 'ALL'

/** Files of certificates, read again for each connection: a renewed one needs no restart. */
export type TlsFiles = {
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  /** The name that the nodes’ certificates carry, where it is not their address. */
  readonly serverName?: string
}

/** Who we are to the nodes; the password's file is read again for each connection. */
export type Login = { readonly username: string; readonly passwordFile: string }

/** Where the cluster is and how it is asked. */
export type CassandraOptions = {
  /** Nodes to begin with; the others are learnt from them. */
  readonly contactPoints: readonly { readonly host: string; readonly port: number }[]
  /** Only nodes of this data centre are asked. */
  readonly localDataCenter: string
  /** Lower-case letters, digits and underscores. */
  readonly keyspace: string
  readonly consistency?: { readonly read?: ConsistencyName; readonly write?: ConsistencyName }
  readonly retentionMs?: Partial<Retention>
  /** The most that one call of the store takes, retries included, ms. */
  readonly requestMs?: number
  /** Until a connection to a node is there. */
  readonly connectMs?: number
  /** Absent: nothing is encrypted. */
  readonly tls?: TlsFiles
  /** Absent: nobody logs in. */
  readonly auth?: Login
}

/** What an adapter works with; the app hands all of it in. */
export type CassandraDeps = { readonly clock: Clock }

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** What is not told stays so long. */
export const retentionOf = (given: Partial<Retention> = {}): Retention => ({
  live: 48 * HOUR_MS,
  minute: 35 * DAY_MS,
  hour: 400 * DAY_MS,
  steps: 400 * DAY_MS,
  coverage: 400 * DAY_MS,
  ...given,
})
