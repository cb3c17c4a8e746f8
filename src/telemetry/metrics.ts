import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Everything that `/metrics` shows (R7): one counter a drop or refusal, with its reason. */
export type Metrics = ReturnType<typeof createMetrics>

/** From the time of one sync of a disk to that of a long window. */
const HOP_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** A registry of its own per app, so that two in one process do not share counters. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'nocturne_' })
  const registers = [registry]
  return {
    registry,
    rows: new Counter({
      name: 'nocturne_rows_total',
      help: 'Rows of readings by what became of them.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    rejected: new Counter({
      name: 'nocturne_rejected_total',
      help: 'Input refused, by source and reason.',
      labelNames: ['source', 'reason'] as const,
      registers,
    }),
    readerFailures: new Counter({
      name: 'nocturne_reader_failures_total',
      help: 'Readers that failed and began again at their last position.',
      labelNames: ['reader', 'reason'] as const,
      registers,
    }),
    gapRows: new Counter({
      name: 'nocturne_log_gap_rows_total',
      help: 'Rows that a reader never gets: expired before it came, or lost at the end of the log.',
      labelNames: ['topic', 'reader', 'reason'] as const,
      registers,
    }),
    panes: new Counter({
      name: 'nocturne_panes_total',
      help: 'Records of panes by what became of them: new, closes, repeated, beyond, unreadable.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    windows: new Counter({
      name: 'nocturne_windows_total',
      help: 'Window results appended, corrections included.',
      registers,
    }),
    ...resultMetrics(registers),
    ...edgeMetrics(registers),
    ...forwardMetrics(registers),
    ...spoolMetrics(registers),
    codecs: new Gauge({
      name: 'nocturne_codecs_info',
      help: 'Always 1: whether checksums of record batches are native or plain.',
      labelNames: ['crc32c'] as const,
      registers,
    }),
    ...machineMetrics(registers),
    ...kafkaMetrics(registers),
    spark: sparkMetrics(registers),
    groups: new Gauge({
      name: 'nocturne_groups',
      help: 'Groups whose windows are kept in memory.',
      registers,
    }),
    lag: new Gauge({
      name: 'nocturne_lag_records',
      help: 'Records that a reader has not read yet.',
      labelNames: ['reader', 'partition'] as const,
      registers,
    }),
  }
}

/** What is judged, and what is made for weeks and months. */
function resultMetrics(registers: Registry[]) {
  return {
    steps: new Counter({
      name: 'nocturne_steps_total',
      help: 'Steps of alerts appended.',
      registers,
    }),
    rollUps: new Counter({
      name: 'nocturne_rollups_total',
      help: 'Minutes, hours and what is known of sites, appended.',
      registers,
    }),
    rolledUp: new Counter({
      name: 'nocturne_rolled_up_total',
      help: 'Panes and minutes by what became of them on their way to minutes and hours.',
      labelNames: ['into', 'outcome'] as const,
      registers,
    }),
  }
}

/** What goes from a site to the cloud, or comes in there. */
function forwardMetrics(registers: Registry[]) {
  return {
    forwarded: new Counter({
      name: 'nocturne_forwarded_records_total',
      help: 'Records that were copied to the cloud, or admitted there.',
      labelNames: ['kind'] as const,
      registers,
    }),
    forwardedBytes: new Counter({
      name: 'nocturne_forwarded_bytes_total',
      help: 'Their keys and values, before they are packed.',
      labelNames: ['kind'] as const,
      registers,
    }),
    notForwarded: new Counter({
      name: 'nocturne_not_forwarded_total',
      help: 'Records that were left out or refused, by reason.',
      labelNames: ['kind', 'reason'] as const,
      registers,
    }),
  }
}

/** What happens where people and other programs are reached. */
function edgeMetrics(registers: Registry[]) {
  return {
    receiptHops: new Histogram({
      name: 'nocturne_receipt_hop_seconds',
      help: 'What each hop of a reading took that raised an alert, up to its notice.',
      labelNames: ['hop'] as const,
      buckets: HOP_SECONDS,
      registers,
    }),
    notify: new Counter({
      name: 'nocturne_notify_total',
      help: 'Decisions and outcomes of notices, by stage or receiver and reason.',
      labelNames: ['where', 'reason'] as const,
      registers,
    }),
    history: new Counter({
      name: 'nocturne_history_total',
      help: 'Answers for rules that ask the past (said, unknown), and what failed, by reason.',
      labelNames: ['what'] as const,
      registers,
    }),
    serve: new Counter({
      name: 'nocturne_serve_total',
      help: 'Refusals and cuts of the HTTP side, by what and why.',
      labelNames: ['what', 'reason'] as const,
      registers,
    }),
  }
}

/** What waits on the local disk while brokers are away. */
function spoolMetrics(registers: Registry[]) {
  return {
    storeUp: new Gauge({
      name: 'nocturne_store_up',
      help: 'Whether the store answered last, 1 or 0; alerts do not wait for it.',
      registers,
    }),
    storeFailures: new Counter({
      name: 'nocturne_store_failures_total',
      help: 'Calls of the store that failed, by code.',
      labelNames: ['reason'] as const,
      registers,
    }),
    spoolRows: new Gauge({
      name: 'nocturne_spool_rows',
      help: 'Rows that wait on the local disk for Kafka.',
      registers,
    }),
    spoolBytes: new Gauge({
      name: 'nocturne_spool_bytes',
      help: 'Bytes of rows that wait on the local disk for Kafka.',
      registers,
    }),
    spoolAge: new Gauge({
      name: 'nocturne_spool_age_seconds',
      help: 'How long the oldest row has waited on the local disk for Kafka.',
      registers,
    }),
    spoolRefused: new Counter({
      name: 'nocturne_spool_refused_rows_total',
      help: 'Rows refused because the spool or its disk was full; whoever sent them keeps them.',
      registers,
    }),
    spoolDropped: new Counter({
      name: 'nocturne_spool_dropped_rows_total',
      help: 'Spooled rows that Kafka never gets: too large for it, or unreadable on our disk.',
      labelNames: ['reason'] as const,
      registers,
    }),
  }
}

/** What brokers make of us, where the log is theirs. */
function kafkaMetrics(registers: Registry[]) {
  return {
    kafkaAgain: new Counter({
      name: 'nocturne_kafka_batches_again_total',
      help: 'Batches that brokers were asked to take once more, by Kafka’s code or connection.',
      labelNames: ['reason'] as const,
      registers,
    }),
    kafkaUncertain: new Counter({
      name: 'nocturne_kafka_batches_uncertain_total',
      help: 'Batches that may stand twice, since brokers had lost what they knew of us.',
      registers,
    }),
    kafkaFailures: new Counter({
      name: 'nocturne_kafka_failures_total',
      help: 'Connections to brokers that could not be made, by code.',
      labelNames: ['reason'] as const,
      registers,
    }),
    kafkaHeld: new Gauge({
      name: 'nocturne_kafka_held_bytes',
      help: 'Bytes of records that wait for brokers to take them.',
      registers,
    }),
    kafkaPartitions: new Gauge({
      name: 'nocturne_kafka_partitions',
      help: 'Partitions in use by how many of their copies are up to date: none, one, some, all.',
      labelNames: ['copies'] as const,
      registers,
    }),
  }
}

/** How the queries do that make panes in a Spark cluster, by site. */
function sparkMetrics(registers: Registry[]) {
  const gauge = (name: string, help: string): Gauge<'site'> =>
    new Gauge({ name: `nocturne_spark_${name}`, help, labelNames: ['site'], registers })
  return {
    state: new Gauge({
      name: 'nocturne_spark_state',
      help: 'Always 1 for the state of a site’s query, and 0 for all others.',
      labelNames: ['site', 'state'] as const,
      registers,
    }),
    batchSeconds: gauge('batch_seconds', 'How long the newest batch took.'),
    commitSeconds: gauge('commit_seconds', 'What of it went into making it final.'),
    rowsPerSecond: gauge('rows_per_second', 'Rows of the newest batch by its length.'),
    stateRows: gauge('state_rows', 'Groups of slices that the cluster keeps.'),
    stateBytes: gauge('state_bytes', 'What they take there.'),
    watermarkLag: gauge('watermark_lag_seconds', 'How far the slowest partition is behind now.'),
    spread: gauge('partition_spread_seconds', 'How far partitions lie apart in event time.'),
    rows: new Counter({
      name: 'nocturne_spark_rows_total',
      help: 'Rows of committed batches: folded, beat, and those at a rate that is not configured.',
      labelNames: ['site', 'outcome'] as const,
      registers,
    }),
    refused: new Counter({
      name: 'nocturne_spark_refused_total',
      help: 'Rows that no pane took, by reason.',
      labelNames: ['site', 'reason'] as const,
      registers,
    }),
    dropped: new Counter({
      name: 'nocturne_spark_dropped_total',
      help: 'Rows beyond the horizon, at least: they are counted after partial aggregation.',
      labelNames: ['site'] as const,
      registers,
    }),
    restarts: new Counter({
      name: 'nocturne_spark_restarts_total',
      help: 'How often a query had to be begun again, by code.',
      labelNames: ['site', 'reason'] as const,
      registers,
    }),
  }
}

/** What happens to what all readers stand on: the log's files, and the threads. */
function machineMetrics(registers: Registry[]) {
  return {
    scannerBails: new Counter({
      name: 'nocturne_field_scanner_bails_total',
      help: 'Rows that were parsed whole, which takes six times as long, by why.',
      labelNames: ['reason'] as const,
      registers,
    }),
    reloadOk: new Gauge({
      name: 'nocturne_config_reload_ok',
      help: 'Whether the last configuration that was asked for is in force: 1 or 0.',
      registers,
    }),
    workersEnded: new Counter({
      name: 'nocturne_workers_ended_total',
      help: 'Worker threads that died, or hung and were ended, by why; each was started again.',
      labelNames: ['reason'] as const,
      registers,
    }),
    log: new Counter({
      name: 'nocturne_log_events_total',
      help: 'What befell the embedded log since it was opened, in rows, bytes, ranges or times.',
      labelNames: ['what'] as const,
      registers,
    }),
    logQueue: new Gauge({
      name: 'nocturne_log_queue_bytes',
      help: 'Bytes that wait to be written to the embedded log.',
      registers,
    }),
  }
}
