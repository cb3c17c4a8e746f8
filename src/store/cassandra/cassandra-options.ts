import type { ClientOptions } from 'cassandra-driver'
import type { Clock } from '../../std/clock.ts'
import type { Tier } from '../../model/roll-up.ts'

/** How long each kind of row is kept, ms. */
export type Retention = Readonly<Record<Tier | 'steps' | 'coverage', number>>

/** How many copies have to answer. */
export type ConsistencyName =
  'ONE' | 'LOCAL_ONE' | 'LOCAL_QUORUM' | 'QUORUM' | 'EACH_QUORUM' | 'ALL'

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
}

/** What a connection needs besides: made anew for each client, so that secrets may change. */
export type ConnectOptions = Pick<ClientOptions, 'authProvider' | 'credentials' | 'sslOptions'>

/** What an adapter works with; the app hands all of it in. */
export type CassandraDeps = {
  readonly clock: Clock
  /** Absent: no TLS, no login. */
  readonly connect?: () => Promise<ConnectOptions>
}

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
