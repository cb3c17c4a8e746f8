import type { Claim, GroupSpec, Log, LogBatch } from '../../log/log.ts'
import type { Step, Told } from '../../model/step.ts'
import type { WindowResult } from '../../model/window-result.ts'
import type { Clock } from '../../std/clock.ts'
import type { Lane } from '../../std/lane.ts'
import { decodePanesRecord } from '../../wire/pane-codec.ts'
import { decodeTransition } from '../../wire/step-codec.ts'
import { decodeWindow } from '../../wire/window-codec.ts'
import type { AlertChanges } from './alert-book.ts'
import type { LiveView } from './live-view.ts'
import { columnBytes } from './record-bytes.ts'

export type LiveTailOptions = {
  readonly log: Log
  readonly view: LiveView
  readonly clock: Clock
  /** Shared with whatever else can wait: windows, not steps. */
  readonly lane: Lane
  /** Called after every batch of steps that changed something. */
  readonly onSteps: (changes: AlertChanges) => void
  /** Called when everything that was there at the start is folded: only now is all known. */
  readonly onLive: () => void
  readonly count: (what: string, reason: string) => void
}

const BATCH_BYTES_MAX = 262_144
/** Windows folded at a time: about 2 ms of work, while steps and posts wait. */
const WINDOWS_PER_TURN = 150
/** What a cell needs to be drawn at once after a start. */
const WINDOWS_BACK_MS = 120_000
const LETTER_P = 0x50

type Fold = (batch: LogBatch) => Promise<void> | void

/** Groupless claims need no coordination, so these are of no consequence. */
const ALONE = { sessionMs: 30_000, rebalanceMs: 30_000 } as const

/**
 * Folds `transitions` from the beginning, `windows` of the last two minutes and the watermarks of
 * `panes` into the view until the signal aborts. The view is `live` once all steps that were there
 * at the start are folded, and `broken` when this ends with an error; to begin again is harmless.
 */
export async function tailLogs(options: LiveTailOptions, signal: AbortSignal): Promise<void> {
  const ending = new AbortController()
  try {
    return await followAll(options, AbortSignal.any([signal, ending.signal]))
  } catch (error) {
    options.view.feed = 'broken'
    ending.abort()
    throw error
  }
}

async function followAll(options: LiveTailOptions, until: AbortSignal): Promise<void> {
  const { log, view } = options
  const ends = await log.ends('transitions')
  const behind = new Set(
    ends.flatMap(({ start, end }, partition) => (end > start ? partition : [])),
  )
  const beLive = (): void => {
    if (behind.size > 0 || view.feed === 'live') return
    view.feed = 'live'
    options.onLive()
  }
  beLive()
  const onTransitions = (batch: LogBatch): void => {
    foldTransitions(options, batch)
    if (batch.next >= (ends[batch.partition]?.end ?? 0)) behind.delete(batch.partition)
    beLive()
  }
  const from = options.clock.now() - WINDOWS_BACK_MS
  const follow = (topic: string, start: GroupSpec['start'], fold: Fold) =>
    followTopic(log, { topics: [topic], start, ...ALONE }, { until, fold })
  await Promise.all([
    follow('transitions', 'earliest', onTransitions),
    follow('windows', { atMs: from }, (batch) => foldWindows(options, batch)),
    follow('panes', 'latest', (batch) => foldWatermarks(options, batch)),
  ])
}

/** Reads every partition of a topic at once, `panes` its first alone: each repeats all sources. */
async function followTopic(
  log: Log,
  spec: GroupSpec,
  { until, fold }: { readonly until: AbortSignal; readonly fold: Fold },
): Promise<void> {
  const failed = new AbortController()
  const signal = AbortSignal.any([until, failed.signal])
  const readings: Promise<void>[] = []
  for await (const claim of log.claims(spec, signal)) {
    if (claim.topic === 'panes' && claim.partition !== 0) {
      claim.release()
      continue
    }
    const reading = readClaim(log, claim, fold)
    // The others must stop as well; the failure itself is met again below.
    reading.catch((error: unknown) => failed.abort(error))
    readings.push(reading)
  }
  for (const reading of readings) await reading
}

async function readClaim(log: Log, claim: Claim, fold: Fold): Promise<void> {
  const position = await log.position(claim)
  for await (const batch of log.read(claim, { position, bytesMax: BATCH_BYTES_MAX })) {
    await fold(batch)
  }
  claim.release()
}

function foldTransitions({ view, onSteps, count }: LiveTailOptions, batch: LogBatch): void {
  const records: (Step | Told)[] = []
  for (let row = 0; row < batch.count; row++) {
    const decoded = decodeTransition(columnBytes(batch.values, row) ?? new Uint8Array())
    if (decoded.ok) records.push(decoded.record)
    else count('view_rejected_transitions', decoded.reason)
  }
  const changes = view.foldSteps(records)
  const isNews = changes.steps.length + changes.alerts.length + changes.closed.length > 0
  if (isNews && view.feed === 'live') onSteps(changes)
}

async function foldWindows({ view, lane, count }: LiveTailOptions, batch: LogBatch): Promise<void> {
  for (let from = 0; from < batch.count; from += WINDOWS_PER_TURN) {
    await lane.turn()
    const windows: WindowResult[] = []
    for (let row = from; row < Math.min(batch.count, from + WINDOWS_PER_TURN); row++) {
      const decoded = decodeWindow(columnBytes(batch.values, row) ?? new Uint8Array())
      if (decoded.ok) windows.push(decoded.window)
      else count('view_rejected_windows', decoded.reason)
    }
    view.foldWindows(windows)
  }
}

function foldWatermarks({ view, clock }: LiveTailOptions, batch: LogBatch): void {
  const heardAt = clock.now()
  for (let row = 0; row < batch.count; row++) {
    const value = columnBytes(batch.values, row)
    // Binary panes are most of the topic and no business of the wall: their first byte tells.
    if (value === undefined || value[0] === LETTER_P) continue
    const record = decodePanesRecord({ value })
    if (record.kind === 'watermark') view.foldWatermark(record.watermark, heardAt)
  }
}
