import type { SocketFilter, StreamRule } from '../collect/stream-rules.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import type { NotifySpec } from '../notify/notify-spec.ts'
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

/** A Kafka cluster. Files are absolute; who connects reads them, for each connection anew. */
export type KafkaSpec = {
  readonly brokers: readonly { readonly host: string; readonly port: number }[]
  /** `available`: goes on with one broker of three; `strict`: confirms nothing that lies on one. */
  readonly promise: 'available' | 'strict'
  readonly replication: number
  readonly codec: 'none' | 'lz4' | 'zstd'
  /** A name that makes membership of groups static. */
  readonly instance?: string
  readonly tls?: {
    readonly caFile?: string
    readonly certFile?: string
    readonly keyFile?: string
    readonly serverName?: string
  }
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
    readonly kind: 'sqlite' | 'memory'
    /** Of windows, and of the steps of alerts. */
    readonly retentionMs: number
    /** Of roll-ups by the minute and by the hour; what is known of sites is kept as hours are. */
    readonly minutesMs: number
    readonly hoursMs: number
  }
  readonly collect: {
    readonly sources: readonly SourceSpec[]
    /** For rows that come by no source of their own: posted, or replayed. */
    readonly map: FieldMap
    readonly sampling: { readonly rate: number; readonly key?: Secret }
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
