/** What Spark says of one committed batch, as numbers; what it does not say is absent or 0. */
export type BatchProgress = {
  readonly id: string
  readonly runId: string
  readonly name: string
  readonly batchId: number
  /** Rows read, whatever became of them. */
  readonly rows: number
  readonly batchMs: number
  /** Of it: writing what makes it final. */
  readonly commitMs: number
  readonly stateRows: number
  readonly stateBytes: number
  /** Rows behind Spark's own watermark, after partial aggregation: a lower bound (section 7). */
  readonly droppedRows: number
  /** By partition of the topic that was asked for. */
  readonly startOffsets: ReadonlyMap<number, number>
  readonly endOffsets: ReadonlyMap<number, number>
  /** In the order of the metrics; absent where the batch told none under that name. */
  readonly observed?: readonly unknown[]
  /** Spark's own watermark, epoch ms: behind it state is freed. */
  readonly watermarkMs?: number
}

type Json = Readonly<Record<string, unknown>>

/** Longer text is no progress: 64 partitions and 32 monitors make some 10 KB. */
const CHARS_MAX = 4_194_304

/**
 * Reads a progress event, bare or as the listener wraps it; undefined where the text is none.
 * Never throws: whatever is of another shape than expected counts as not said.
 */
export function readBatchProgress(
  text: string,
  asked: { readonly topic: string; readonly observedAs: string },
): BatchProgress | undefined {
  const whole = parsed(text)
  const progress = whole === undefined ? undefined : (objectAt(whole, 'progress') ?? whole)
  if (progress === undefined || typeof progress['batchId'] !== 'number') return undefined
  const sources = listAt(progress, 'sources')
  const operators = listAt(progress, 'stateOperators')
  const durations = objectAt(progress, 'durationMs') ?? {}
  const observed = objectAt(objectAt(progress, 'observedMetrics') ?? {}, asked.observedAs)
  const watermarkMs = instantAt(objectAt(progress, 'eventTime') ?? {}, 'watermark')
  return {
    id: textAt(progress, 'id'),
    runId: textAt(progress, 'runId'),
    name: textAt(progress, 'name'),
    batchId: countAt(progress, 'batchId'),
    rows: sumOf(sources, 'numInputRows'),
    batchMs: countAt(progress, 'batchDuration') || countAt(durations, 'triggerExecution'),
    commitMs: countAt(durations, 'walCommit') + countAt(durations, 'commitOffsets'),
    stateRows: sumOf(operators, 'numRowsTotal'),
    stateBytes: sumOf(operators, 'memoryUsedBytes'),
    droppedRows: sumOf(operators, 'numRowsDroppedByWatermark'),
    startOffsets: offsetsOf(sources, 'startOffset', asked.topic),
    endOffsets: offsetsOf(sources, 'endOffset', asked.topic),
    ...(observed !== undefined && { observed: valuesOf(observed) }),
    ...(watermarkMs !== undefined && { watermarkMs }),
  }
}

/** Which run an event of the listener is about; undefined where it does not say. */
export function runOf(text: string): string | undefined {
  const whole = parsed(text)
  if (whole === undefined) return undefined
  return textAt(objectAt(whole, 'progress') ?? whole, 'runId') || undefined
}

function parsed(text: string): Json | undefined {
  if (text.length > CHARS_MAX) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const valueAt = (from: Json, name: string): unknown =>
  Object.hasOwn(from, name) ? from[name] : undefined

function objectAt(from: Json, name: string): Json | undefined {
  const value = valueAt(from, name)
  return isObject(value) ? value : undefined
}

function listAt(from: Json, name: string): readonly Json[] {
  const value = valueAt(from, name)
  return Array.isArray(value) ? value.filter(isObject) : []
}

function textAt(from: Json, name: string): string {
  const value = valueAt(from, name)
  return typeof value === 'string' ? value : ''
}

/** A number of things; what Spark writes where it knows none, −1 or NaN, is 0. */
function countAt(from: Json, name: string): number {
  const value = valueAt(from, name)
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}

function instantAt(from: Json, name: string): number | undefined {
  const at = Date.parse(textAt(from, name))
  return Number.isNaN(at) ? undefined : at
}

const sumOf = (list: readonly Json[], name: string): number =>
  list.reduce((sum, each) => sum + countAt(each, name), 0)

/** Events name each value by its metric, in their order; whoever asks is told values and schema. */
function valuesOf(observed: Json): readonly unknown[] {
  const values = valueAt(observed, 'values')
  const isList = Array.isArray(values) && Object.hasOwn(observed, 'schema')
  return isList ? (values as readonly unknown[]) : Object.values(observed)
}

/** `{"readings":{"0":12}}` of each source, or that as text; null before its first batch. */
function offsetsOf(
  sources: readonly Json[],
  name: 'startOffset' | 'endOffset',
  topic: string,
): ReadonlyMap<number, number> {
  const offsets = new Map<number, number>()
  for (const source of sources) {
    const offset = objectAt(source, name) ?? parsed(textAt(source, name))
    const byPartition = objectAt(offset ?? {}, topic) ?? {}
    for (const [key, at] of Object.entries(byPartition)) {
      const partition = Number(key)
      if (!Number.isSafeInteger(partition) || partition < 0) continue
      if (Number.isSafeInteger(at) && Number(at) >= 0) offsets.set(partition, Number(at))
    }
  }
  return offsets
}
