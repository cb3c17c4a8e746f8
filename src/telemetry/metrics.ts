import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Hops of the latency receipt (A5), seconds: from one disk sync up to a window with lateness. */
const HOP_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60]

/** Everything that `/metrics` shows (R7): one counter a drop or refusal, with its reason. */
export type Metrics = ReturnType<typeof createMetrics>

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
    windows: new Counter({
      name: 'nocturne_windows_total',
      help: 'Window results appended, corrections included.',
      registers,
    }),
    steps: new Counter({
      name: 'nocturne_steps_total',
      help: 'Steps of alerts by name.',
      labelNames: ['step'] as const,
      registers,
    }),
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
    hop: new Histogram({
      name: 'nocturne_receipt_seconds',
      help: 'Time between two hops of an alert’s way (A71).',
      labelNames: ['hop'] as const,
      buckets: HOP_SECONDS,
      registers,
    }),
  }
}
