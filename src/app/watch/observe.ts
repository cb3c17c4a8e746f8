import { bailReasons } from '../../aggregate/aggregate-progress.ts'
import type { ReadingIntake } from '../../collect/reading-intake.ts'
import type { LogCounters } from '../../log/embedded/log-counters.ts'
import type { Log } from '../../log/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { Progress } from '../readers.ts'

type Intakes = readonly { readonly source: string; readonly intake: ReadingIntake }[]

/** A log, and what it counts where it counts at all. */
type ObservedLog = Log & { readonly stats?: () => Readonly<LogCounters> }

/** By the names that metrics have: what an operator may have to act upon. */
const LOG_EVENTS: Readonly<Record<string, keyof LogCounters>> = {
  truncated_bytes: 'truncatedBytes',
  quarantined_ranges: 'quarantinedRanges',
  unread_dropped_rows: 'unreadDroppedRows',
  queue_refusals: 'queueRefusals',
  space_refusals: 'spaceRefusals',
  poisoned_partitions: 'poisonedPartitions',
  compactions_skipped: 'compactionsSkipped',
  maintenance_failures: 'maintenanceFailures',
}

/** Brings the figures of the readers into the metrics; called once a second (R7). */
export async function observe(
  metrics: Metrics,
  given: { readonly log: ObservedLog; readonly progress: Progress; readonly intakes: Intakes },
): Promise<void> {
  const { log, progress, intakes } = given
  observeLog(metrics, log)
  const { aggregate, evaluate } = progress
  setTotal(metrics.rows, { outcome: 'folded' }, aggregate.rows)
  setTotal(metrics.rows, { outcome: 'rejected' }, aggregate.rejected)
  setTotal(metrics.rows, { outcome: 'late' }, aggregate.late)
  setTotal(metrics.rows, { outcome: 'repeated' }, aggregate.repeats)
  for (const reason of bailReasons) {
    setTotal(metrics.scannerBails, { reason }, aggregate[`bailed_${reason}`])
  }
  setTotal(metrics.windows, {}, evaluate.windows)
  setTotal(metrics.steps, {}, evaluate.steps)
  metrics.groups.set([...evaluate.groups.values()].reduce((sum, count) => sum + count, 0))
  for (const [outcome, count] of sums(evaluate.outcomes.values())) {
    setTotal(metrics.panes, { outcome }, count)
  }
  for (const { source, intake } of intakes) {
    for (const [reason, count] of intake.counts.countByReason) {
      setTotal(metrics.rejected, { source, reason }, count)
    }
  }
  for (const kind of ['panes', 'transitions'] as const) {
    const { records, bytes, skipped } = progress.forward[kind]
    setTotal(metrics.forwarded, { kind }, records)
    setTotal(metrics.forwardedBytes, { kind }, bytes)
    for (const [reason, count] of skipped) setTotal(metrics.notForwarded, { kind, reason }, count)
  }
  const readers = [
    ['aggregate', 'readings', aggregate.next],
    ['evaluate', 'panes', evaluate.next],
    ['record-windows', 'windows', progress.windows.next],
    ['record-steps', 'transitions', progress.steps.next],
  ] as const
  for (const [reader, topic, next] of readers) {
    for (const [partition, { end }] of (await log.ends(topic)).entries()) {
      const at = next.get(partition)
      if (at !== undefined) {
        metrics.lag.set({ reader, partition: String(partition) }, Math.max(0, end - at))
      }
    }
  }
}

function observeLog(metrics: Metrics, log: ObservedLog): void {
  const counters = log.stats?.()
  if (counters === undefined) return
  for (const [what, name] of Object.entries(LOG_EVENTS)) {
    setTotal(metrics.log, { what }, counters[name])
  }
  metrics.logQueue.set(counters.queueBytes)
}

function sums(parts: Iterable<Readonly<Record<string, number>>>): ReadonlyMap<string, number> {
  const total = new Map<string, number>()
  for (const part of parts) {
    for (const [name, count] of Object.entries(part)) {
      total.set(name, (total.get(name) ?? 0) + count)
    }
  }
  return total
}

/** What a counter adds up elsewhere is set here; a counter of prom-client can only be reset. */
function setTotal<Labels extends Record<string, string>>(
  counter: { remove(labels: Labels): void; inc(labels: Labels, value: number): void },
  labels: Labels,
  total: number,
): void {
  counter.remove(labels)
  counter.inc(labels, total)
}
