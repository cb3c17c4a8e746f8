import type { SocketFilter, StreamRule } from '../collect/stream-rules.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import type { NotifySpec } from '../notify/notify-spec.ts'
import type { SparkSpec } from '../spark/spark-spec.ts'
import type { MappingSpec } from '../wire/mapping.ts'
import type { Secret } from '../std/secret.ts'

/** By our field's name; what is not named stays as it is. */
export type FieldMap = MappingSpec

/** Rows of text: where they lie and how they are read. */
export type TextSourceSpec = {
  readonly kind: 'file' | 'tail' | 'stdin'
  /** Absolute; absent for standard input. */
  readonly path?: string
  readonly format: 'ndjson'
  readonly map: FieldMap
}

/** TCP connections of this host. */
export type SsSourceSpec = {
  readonly kind: 'ss'
  readonly filter: SocketFilter
  readonly rules: readonly StreamRule[]
}

/** The simulated evening. */
export type MatchNightSpec = {
  readonly kind: 'match-night'
  readonly seed: number
  readonly channelCount: number
  readonly rowsPerSecond: number
}

/** Where rows come from. */
export type SourceSpec = TextSourceSpec | SsSourceSpec | MatchNightSpec

/** The topics whose retention is set; `checkpoints` are compacted. */
export type RetainedTopic =
  | 'readings'
  | 'panes'
  | 'windows'
  | 'rollups'
  | 'transitions'
  | 'notices'
  | 'commands'
  | 'late'
  | 'rejected'

/** Encrypted connections. Files are absolute; who connects reads them, for each connection anew. */
export type TlsSpec = {
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  /** What the servers' certificates carry, where it is not their host. */
  readonly serverName?: string
}

type CopiesAsked = 'ONE' | 'LOCAL_ONE' | 'LOCAL_QUORUM' | 'QUORUM' | 'EACH_QUORUM' | 'ALL'

/** A Cassandra cluster. */
export type CassandraSpec = {
  readonly contactPoints: readonly { readonly host: string; readonly port: number }[]
  readonly localDataCenter: string
  readonly keyspace: string
  /** Data centre → copies, where the keyspace is made. */
  readonly replication: Readonly<Record<string, number>>
  readonly consistency: { readonly read: CopiesAsked; readonly write: CopiesAsked }
  readonly connectMs: number
  readonly requestMs: number
  readonly tls?: TlsSpec
  readonly auth?: { readonly username: string; readonly passwordFile: string }
}

/** A Kafka cluster. Files are absolute; who connects reads them, for each connection anew. */
export type KafkaSpec = {
  readonly brokers: readonly { readonly host: string; readonly port: number }[]
  /** `available`: goes on with one broker of three; `strict`: confirms nothing that lies on one. */
  readonly promise: 'available' | 'strict'
  readonly replication: number
  readonly codec: 'none' | 'lz4' | 'zstd'
  /** A name that makes membership of groups static. */
  readonly instance?: string
  readonly tls?: TlsSpec
  readonly sasl?: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
    readonly username: string
    readonly passwordFile: string
  }
}

/** Everything that can be set, checked and complete: plain data for `app.ts` to hand out. */
export type Config = {
  readonly site: string
  /** Absolute. */
  readonly dataFolder: string
  readonly skewMs: number
  readonly absentMs: number
  /** Threads beside the main one that read rows and panes; `auto` counts the cores. */
  readonly workers: number | 'auto'
  readonly log: {
    readonly kind: 'embedded' | 'memory' | 'kafka'
    /** Where `kind` is kafka, and only there. */
    readonly kafka?: KafkaSpec
    /** What collectors keep on the local disk at most while brokers are away. */
    readonly spoolBytesMax: number
    readonly partitions: number
    readonly durability: 'ack' | 'interval'
    readonly retention: Readonly<
      Record<RetainedTopic, { readonly ageMs: number; readonly bytesMax: number }>
    >
  }
  readonly store: {
    readonly kind: 'sqlite' | 'memory' | 'cassandra'
    /** How long each kind of row can be queried. */
    readonly keptMs: Readonly<Record<'live' | 'minute' | 'hour' | 'steps' | 'coverage', number>>
    /** Where `kind` is cassandra, and only there. */
    readonly cassandra?: CassandraSpec
  }
  readonly collect: {
    readonly sources: readonly SourceSpec[]
    /** For rows that come by no source of their own: posted, or replayed. */
    readonly map: FieldMap
    readonly sampling: { readonly rate: number; readonly key?: Secret }
  }
  /** Who makes panes of rows. */
  readonly aggregate: {
    readonly engine: 'own' | 'spark'
    /** The cluster; there where `engine` is spark, and where a flag says it is not. */
    readonly spark?: SparkSpec
  }
  readonly http: { readonly host: string; readonly port: number }
  readonly monitors: readonly MonitorSpec[]
  readonly notify: NotifySpec
  /** The cloud that this site forwards to. */
  readonly forward?: {
    readonly to: KafkaSpec
    /** Of panes, as keys and values before they are packed; steps count and are never held. */
    readonly bytesPerSecondMax?: number
    readonly failoverAfterMs: number
  }
  /** The sites that forward to this log; where there are any, this is the cloud (A77). */
  readonly sites: readonly string[]
}
