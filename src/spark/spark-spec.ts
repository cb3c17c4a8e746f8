import type { SparkAddress } from './spark-session.ts'

/** How rows become panes in a Spark cluster; durations in ms. */
export type SparkSpec = {
  readonly address: SparkAddress
  /** Whose rows the topic holds: a query for each (Z11); rows of others are refused and counted. */
  readonly sites: readonly string[]
  /** Folder or URL that all executors reach. */
  readonly checkpoints: string
  readonly triggerMs: number
  readonly rowsPerBatchMax: number
  readonly shufflePartitions: number
  /** How far partitions may lie apart in event time before Spark lets go of state (Z14). */
  readonly spreadMs: number
  /** The rates that rows are sampled at, 1 for all: distinct counts have a sketch of each (Z10). */
  readonly rates: readonly number[]
  /** Of Spark's Kafka source and sink, as Spark names them: `kafka.bootstrap.servers`, … */
  readonly kafkaOptions: Readonly<Record<string, string>>
}
