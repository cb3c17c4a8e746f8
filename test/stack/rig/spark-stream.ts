import type { Log } from '../../../src/log/log.ts'
import { readToEnd } from '../../../src/log/log.ts'
import type { Observed, SiteProgram } from '../../../src/spark/site-program.ts'
import type { QueryId, SparkSession } from '../../../src/spark/spark-session.ts'
import { isRecord } from './records.ts'
import type { PaneBytes, SourceRow } from './spark-batch.ts'

export type StreamGiven = {
  readonly bootstrap: string
  readonly readings: string
  readonly panes: string
  readonly checkpoint: string
}

/** Starts a program as a stream from the beginning of a topic. */
export async function startStream(
  session: SparkSession,
  program: SiteProgram,
  { bootstrap, readings, panes, checkpoint }: StreamGiven,
): Promise<QueryId> {
  const source = {
    kind: 'read',
    format: 'kafka',
    options: {
      'kafka.bootstrap.servers': bootstrap,
      subscribe: readings,
      startingOffsets: 'earliest',
    },
    isStreaming: true,
  } as const
  for (const view of program.views(source)) await session.view(view.name, view.relation)
  return session.queries.start({
    input: program.statement,
    name: `q-${readings}`,
    format: 'kafka',
    options: {
      'kafka.bootstrap.servers': bootstrap,
      topic: panes,
      checkpointLocation: checkpoint,
    },
    outputMode: 'update',
    trigger: 0,
  })
}

/** One batch's progress, as far as tests ask. */
export type Progress = {
  readonly batchId: number
  readonly inputRows: number
  /** Of the readings, all partitions. */
  readonly endOffset: number
  /** Epoch ms; 1970 before there is one. */
  readonly watermark: number
  readonly observed: Observed
}

/** What a progress event says; undefined of one without what was observed. */
export function progressOf(json: string, program: SiteProgram): Progress | undefined {
  const event: unknown = JSON.parse(json)
  const progress = isRecord(event) && isRecord(event['progress']) ? event['progress'] : event
  if (!isRecord(progress)) return undefined
  const { sources, observedMetrics, eventTime } = progress
  const source: unknown = Array.isArray(sources) ? sources[0] : undefined
  const seen = isRecord(observedMetrics) ? observedMetrics[program.observedAs] : undefined
  const values = isRecord(seen) && Array.isArray(seen['values']) ? seen['values'] : undefined
  if (!isRecord(source) || values === undefined) return undefined
  const watermark = isRecord(eventTime) ? eventTime['watermark'] : undefined
  return {
    batchId: Number(progress['batchId']),
    inputRows: Number(source['numInputRows']),
    endOffset: endOf(source['endOffset']),
    watermark: typeof watermark === 'string' ? Date.parse(watermark) : 0,
    observed: program.observed(values),
  }
}

function endOf(offsets: unknown): number {
  const byTopic: unknown = typeof offsets === 'string' ? JSON.parse(offsets) : offsets
  if (!isRecord(byTopic)) return 0
  const ends = Object.values(byTopic).flatMap((byPartition) =>
    isRecord(byPartition) ? Object.values(byPartition) : [],
  )
  return ends.reduce((sum: number, end) => sum + Number(end), 0)
}

/** All rows of a topic as Spark's source shows them. */
export async function sourceRows(log: Log, topic: string): Promise<readonly SourceRow[]> {
  const rows: SourceRow[] = []
  for (const partition of (await log.ends(topic)).keys()) {
    for await (const { count, times, values } of readToEnd(log, { topic, partition })) {
      for (let i = 0; i < count; i++) {
        const [start, length] = [values.starts[i]!, Math.max(0, values.lengths[i]!)]
        const value = values.bytes.slice(start, start + length)
        rows.push({ partition, timestamp: times[i]!, value })
      }
    }
  }
  return rows
}

/** All records of a topic of panes. */
export async function paneRecords(log: Log, topic: string): Promise<readonly PaneBytes[]> {
  const records: PaneBytes[] = []
  for (const partition of (await log.ends(topic)).keys()) {
    for await (const { count, keys, values } of readToEnd(log, { topic, partition })) {
      const sliceOf = ({ bytes, starts, lengths }: typeof keys, i: number): Uint8Array =>
        bytes.slice(starts[i]!, starts[i]! + Math.max(0, lengths[i]!))
      for (let i = 0; i < count; i++) {
        records.push({ key: sliceOf(keys, i), value: sliceOf(values, i) })
      }
    }
  }
  return records
}
