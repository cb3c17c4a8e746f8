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
  const options = {
    startingOffsets: offsetsText(offsets),
    maxOffsetsPerTrigger: String(spec.rowsPerBatchMax),
  }
  return { kind: 'read', format: 'kafka', isStreaming: true, options: readOptions(spec, options) }
}

/** The rows from some offsets on and before others, as one batch. */
export function readingsOf(
  spec: SparkSpec,
  span: { readonly from: readonly number[]; readonly to: readonly number[] },
): Relation {
  const options = { startingOffsets: offsetsText(span.from), endingOffsets: offsetsText(span.to) }
  return { kind: 'read', format: 'kafka', isStreaming: false, options: readOptions(spec, options) }
}

const offsetsText = (offsets: readonly number[]): string =>
  JSON.stringify({ readings: Object.fromEntries(offsets.map((offset, i) => [String(i), offset])) })

const readOptions = (
  { kafkaOptions }: SparkSpec,
  extent: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  'kafka.isolation.level': 'read_committed',
  ...kafkaOptions,
  subscribe: 'readings',
  ...extent,
  failOnDataLoss: 'true',
  groupIdPrefix: 'nocturne-spark',
})

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
