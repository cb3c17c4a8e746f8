import { bailReasons } from '../../aggregate/aggregate-progress.ts'
import type { ReadingIntake } from '../../collect/reading-intake.ts'
import type { LogCounters } from '../../log/embedded/log-counters.ts'
import type { Log } from '../../log/log.ts'
import type { SiteFigures } from '../../spark/watch/site-figures.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { Progress } from '../readers.ts'
import { observeSpark } from '../spark/spark-watch.ts'
import { observeSpool } from '../spool/spool-watch.ts'
import type { SpooledLog } from '../spool/spooled-log.ts'
import { observeStore } from '../store/store-watch.ts'
import type { WatchedStore } from '../store/watched-store.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import { setTotal } from './set-total.ts'
import type { KafkaCopies } from '../../log/kafka/kafka-health.ts'
import type { KafkaCounters } from '../../log/kafka/kafka-counters.ts'

type Intakes = readonly { readonly source: string; readonly intake: ReadingIntake }[]

/** A log, and what it counts where it counts at all. */
type ObservedLog = Log & {
  readonly stats?: () => Readonly<LogCounters>
  readonly counters?: Readonly<KafkaCounters>
  readonly copies?: () => KafkaCopies
  readonly heldBytes?: number
}

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

/** What is observed beside the progress of readers. */
export type Observed = {
  readonly log: ObservedLog
  readonly spool: SpooledLog | undefined
  readonly store: WatchedStore
  readonly progress: Progress
  readonly intakes: Intakes
  /** The queries of Spark that are watched here. */
  readonly sites: ReadonlyMap<string, SiteFigures>
}

const OBSERVE_EVERY_MS = 1000

/** Brings all figures into the metrics once a second, until the signal aborts (R7). */
export async function observeAlways(
  metrics: Metrics,
  given: Observed,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(OBSERVE_EVERY_MS, signal)
    if (signal.aborted) return
    observeStore(metrics, given.store)
    observeSpark(metrics, given.sites.values(), clock.now())
    if (given.spool !== undefined) observeSpool(metrics, given.spool.stats(), clock.now())
    await observeUnlessAway(metrics, given)
  }
}

async function observeUnlessAway(metrics: Metrics, given: Observed): Promise<void> {
  try {
    await observe(metrics, given)
  } catch (error) {
    // Brokers that are away have a check of their own.
    if (error instanceof NocturneError) return
    throw error
  }
}

/** Brings the figures of the readers into the metrics. */
async function observe(metrics: Metrics, given: Observed): Promise<void> {
  const { log, progress, intakes } = given
  observeLog(metrics, log)
  observeKafka(metrics, log)
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
  observeRollUps(metrics, progress)
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
  const { facts, unknown, refused, failures } = progress.history
  const history = { said: facts, unknown, groups_refused: refused, ...Object.fromEntries(failures) }
  for (const [what, count] of Object.entries(history)) setTotal(metrics.history, { what }, count)
  const readers = [
    ['aggregate', 'readings', aggregate.next],
    ['evaluate', 'panes', evaluate.next],
    ['record-windows', 'windows', progress.windows.next],
    ['rollup', 'panes', progress.rollUp.next],
    ['rollup-hours', 'rollups', progress.rollUpHours.next],
    ['record-steps', 'transitions', progress.steps.next],
    ['record-rollups', 'rollups', progress.rollUps.next],
  ] as const
  for (const [reader, topic, next] of readers) {
    for (const [partition, { end }] of (await log.ends(topic)).entries()) {
      const at = next.get(partition)
      const labels = { reader, partition: String(partition) }
      if (at === undefined) metrics.lag.remove(labels)
      else metrics.lag.set(labels, Math.max(0, end - at))
    }
  }
}

function observeRollUps(metrics: Metrics, { rollUp, rollUpHours }: Progress): void {
  setTotal(metrics.rollUps, {}, rollUp.made + rollUpHours.made)
  for (const [into, { outcomes }] of [
    ['minute', rollUp],
    ['hour', rollUpHours],
  ] as const) {
    for (const [outcome, count] of sums(outcomes.values())) {
      setTotal(metrics.rolledUp, { into, outcome }, count)
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

/** Nothing is asked of the brokers, so that this is told while they are away too. */
function observeKafka(metrics: Metrics, log: ObservedLog): void {
  const { counters, heldBytes = 0 } = log
  const copies = log.copies?.()
  if (counters === undefined || copies === undefined) return
  for (const [reason, count] of counters.againByReason) {
    setTotal(metrics.kafkaAgain, { reason }, count)
  }
  for (const [reason, count] of counters.failuresByReason) {
    setTotal(metrics.kafkaFailures, { reason }, count)
  }
  setTotal(metrics.kafkaUncertain, {}, counters.uncertainCount)
  metrics.kafkaHeld.set(heldBytes)
  for (const [of, count] of Object.entries(copies)) {
    metrics.kafkaPartitions.set({ copies: of }, count)
  }
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
