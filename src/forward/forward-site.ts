import type { Claim, Log, LogBatch, LogRecord } from '../log/log.ts'
import { bytesOf } from '../model/record-columns.ts'
import { siteTopic } from '../model/topics.ts'
import { beginAt, copyTurns } from './copy-turns.ts'
import { skip, type ForwardDeps } from './forward-progress.ts'
import type { ForwardPace } from './forward-pace.ts'
import type { ForwardLink } from './forward-link.ts'
import { paneTurn } from './pane-turn.ts'
import type { Crossing } from './spread.ts'
import { WatermarkChain } from './watermark-chain.ts'

/** A site and the cloud that it tells. */
export type ForwardTarget = {
  readonly site: string
  /** The cloud's log; its topics for this site are there. */
  readonly target: Log
  /** Shared by all readers of the site. */
  readonly pace: ForwardPace
  readonly link: ForwardLink
  /** After how long without a word the site itself calls a source silent (V2). */
  readonly absentMs: number
  /** How long panes are gathered, so that newer revisions overtake older ones before they leave. */
  readonly gatherMs: number
}

/**
 * Forwards the claimed partition of `panes` into the site's topic of the cloud's log until the
 * claim's signal aborts. The local log is the spool (D2): while the cloud is away nothing is lost
 * that retention keeps.
 */
export async function forwardPanes(deps: ForwardDeps & ForwardTarget, claim: Claim): Promise<void> {
  const { log, target, progress, pace, absentMs, gatherMs } = deps
  const topic = siteTopic(deps.site, 'panes')
  const [crossing, from] = await Promise.all([
    crossingOf({ log, target, topic }, claim),
    beginAt(deps, claim),
  ])
  // Behind a gap nobody can say what was watched in it.
  const chain = new WatermarkChain(absentMs, from.hasGap ? '' : from.note)
  const copy = (batch: LogBatch) => {
    const { panes, watermarks, skipped } = paneTurn(batch, chain, crossing)
    for (const [reason, count] of skipped) skip(progress, reason, count)
    return { records: panes, last: watermarks, note: chain.note() }
  }
  const admit = (bytes: number, signal: AbortSignal) => pace.paneTurn(bytes, signal)
  await copyTurns(deps, claim, { from, kind: { to: target, topic, copy, admit, gatherMs } })
}

/** Forwards the claimed partition of `transitions`, before any pane; as `forwardPanes`. */
export async function forwardSteps(deps: ForwardDeps & ForwardTarget, claim: Claim): Promise<void> {
  const { target, pace, link } = deps
  const { partition } = claim
  const topic = siteTopic(deps.site, 'transitions')
  const from = await beginAt(deps, claim)
  link.confirm(partition, from.offset)
  try {
    await copyTurns(deps, claim, {
      from,
      kind: {
        to: target,
        topic,
        copy: (batch) => ({ records: rowsOf(batch), note: '' }),
        admit: async (bytes) => pace.chargeSteps(bytes),
        reached: () => pace.stepsWait(partition, true),
        confirmed: (batch) => {
          link.confirm(partition, batch.next)
          pace.stepsWait(partition, batch.next < batch.end)
        },
      },
    })
  } finally {
    pace.stepsWait(partition, false)
  }
}

function rowsOf(batch: LogBatch): readonly LogRecord[] {
  return Array.from({ length: batch.count }, (_, row) => ({
    key: bytesOf(batch.keys, row),
    value: bytesOf(batch.values, row),
  }))
}

async function crossingOf(
  between: { readonly log: Log; readonly target: Log; readonly topic: string },
  claim: Claim,
): Promise<Crossing> {
  const [here, there] = await Promise.all([
    between.log.ends(claim.topic),
    between.target.ends(between.topic),
  ])
  return { from: claim.partition, of: here.length, to: there.length }
}
