import { programSettings } from '../program-settings.ts'
import type { SiteProgram } from '../site-program.ts'
import type { SparkSpec } from '../spark-spec.ts'
import type { QueryStart, Relation } from '../spark-session.ts'

/** What every session is told before anything is made in it (9.1). */
export const sessionSettings = ({ shufflePartitions }: SparkSpec): Record<string, string> => ({
  ...programSettings,
  'spark.sql.shuffle.partitions': String(shufflePartitions),
  // Heartbeats make batches; a batch without rows tells nothing.
  'spark.sql.streaming.noDataMicroBatches.enabled': 'false',
  'spark.sql.streaming.minBatchesToRetain': '10',
  'spark.sql.streaming.stateStore.providerClass':
    'org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider',
  'spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled': 'true',
})

/** Where the folders of a site lie; `n` is another for each text that ever ran (Z15). */
export const siteFolder = ({ checkpoints }: SparkSpec, site: string): string =>
  `${checkpoints.replace(/\/+$/, '')}/${site}/`

/** The rows of `readings` as Spark reads them; the offsets count in a new folder alone. */
export function readingsSource(spec: SparkSpec, offsets: readonly number[]): Relation {
  const byPartition = Object.fromEntries(offsets.map((offset, i) => [String(i), offset]))
  return {
    kind: 'read',
    format: 'kafka',
    isStreaming: true,
    options: {
      'kafka.isolation.level': 'read_committed',
      ...spec.kafkaOptions,
      subscribe: 'readings',
      startingOffsets: JSON.stringify({ readings: byPartition }),
      maxOffsetsPerTrigger: String(spec.rowsPerBatchMax),
      failOnDataLoss: 'true',
      groupIdPrefix: 'nocturne-spark',
    },
  }
}

/** The query that appends to `panes`. */
export function panesQuery(
  spec: SparkSpec,
  { program, name, folder }: { program: SiteProgram; name: string; folder: string },
): QueryStart {
  return {
    input: program.statement,
    name,
    format: 'kafka',
    options: {
      ...spec.kafkaOptions,
      topic: 'panes',
      checkpointLocation: folder,
      'kafka.acks': 'all',
      'kafka.compression.type': 'zstd',
    },
    outputMode: 'update',
    trigger: spec.triggerMs,
  }
}
