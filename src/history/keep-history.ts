import type { Claim, LogBatch } from '../log/log.ts'
import { bytesOf } from '../model/record-columns.ts'
import { orAborted } from '../std/or-aborted.ts'
import type { Replaceable } from '../std/replaceable.ts'
import { readPaneKey } from '../wire/read-pane-key.ts'
import { decodeWindow } from '../wire/window-codec.ts'
import { FactAsker, type AskerDeps, type HistoryProgress } from './fact-asker.ts'
import { GroupWatch } from './group-watch.ts'
import type { HistorySpec } from './history-spec.ts'

export type HistoryDeps = AskerDeps & {
  /** Replaced where other rules come into force. */
  readonly spec: Replaceable<HistorySpec>
}

/** One turn: the most that memory holds at a time (D5). */
const TURN_BYTES_MAX = 262_144

export const newHistoryProgress = (): HistoryProgress => ({
  groups: new Map(),
  facts: 0,
  unknown: 0,
  failures: new Map(),
  refused: 0,
})

/**
 * Follows the claimed partition of `windows` until the claim's signal aborts, and says in `panes`
 * what the past of the groups in it was (H2). It holds no position: who is alive is said anew each
 * hop, so it begins at the log's end. Where no rule asks the past it reads nothing.
 * @throws LOG_FENCED and what else the log throws; never what the store throws.
 */
export async function keepHistory(deps: HistoryDeps, claim: Claim): Promise<void> {
  const { spec } = deps
  while (!claim.signal.aborted) {
    const { replaced } = spec
    if (spec.current.monitors.size > 0) await follow(deps, claim, replaced)
    else await orAborted(new Promise(() => undefined), AbortSignal.any([replaced, claim.signal]))
  }
}

async function follow(deps: HistoryDeps, claim: Claim, replaced: AbortSignal): Promise<void> {
  const { log, spec, progress } = deps
  const watch = new GroupWatch(spec.current)
  const offset = (await log.ends(claim.topic))[claim.partition]?.end ?? 0
  const asker = new FactAsker(deps)
  const stop = new AbortController()
  const asking = asker.run(AbortSignal.any([stop.signal, claim.signal]))
  const failure = new Promise<never>((_, reject) => {
    asking.catch(reject)
  })
  const position = { offset, note: '' }
  const turns = log.read(claim, { position, bytesMax: TURN_BYTES_MAX })
  const iterator = turns[Symbol.asyncIterator]()
  try {
    while (!replaced.aborted) {
      const turn = await Promise.race([iterator.next(), failure])
      if (turn.done === true) break
      const refusedBefore = watch.refused
      seeAll(turn.value, watch, asker)
      progress.refused += watch.refused - refusedBefore
      progress.groups.set(claim.partition, watch.size)
    }
  } finally {
    stop.abort()
    progress.groups.delete(claim.partition)
    await iterator.return?.()
    await Promise.allSettled([asking])
  }
}

function seeAll(batch: LogBatch, watch: GroupWatch, asker: FactAsker): void {
  for (let row = 0; row < batch.count; row++) {
    if (batch.keys.lengths[row]! < 0 || batch.values.lengths[row]! < 0) continue
    const key = bytesOf(batch.keys, row)
    // Most windows are of monitors that ask nothing: the key alone tells.
    const named = readPaneKey(key)
    if (named === undefined || !watch.asks(named.monitor)) continue
    const decoded = decodeWindow(bytesOf(batch.values, row))
    if (decoded.ok) asker.add(watch.see(decoded.window, key))
  }
}
