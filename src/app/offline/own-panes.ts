import { PartitionFold } from '../../aggregate/partition-fold.ts'
import type { Config } from '../../config/config.ts'
import type { Log } from '../../log/log.ts'
import type { Clock } from '../../std/clock.ts'
import { rowsOfSpan, type ReadingsSpan } from './readings-span.ts'

const PORTION_BYTES = 262_144
/** Later than any watermark record may wait to be told again (P6). */
const TOLD_AFTER_MS = 10_000

export type OwnPanesDeps = {
  /** Where rows are. */
  readonly from: Log
  readonly span: ReadingsSpan
  readonly config: Pick<Config, 'site' | 'monitors' | 'skewMs'>
  /** Where panes go, and in how many partitions. */
  readonly into: { readonly log: Log; readonly topic: string; readonly partitions: number }
  readonly clock: Clock
  /** Ends it where it stands. */
  readonly signal: AbortSignal
}

/** The panes of a span by our own engine, as its reader would have made them from its first row. */
export async function ownPanes(deps: OwnPanesDeps): Promise<void> {
  const { from, span, config, into, clock, signal } = deps
  const { site, monitors, skewMs } = config
  const partitions = span.partitions.length
  const panesPartitions = into.partitions
  const spec = { site, monitors, partitions, panesPartitions, skewMs, early: false }
  for (let partition = 0; partition < partitions; partition++) {
    const fold = new PartitionFold(spec, partition)
    const send = async (now: number): Promise<void> => {
      for (const rows of fold.portions(now, PORTION_BYTES)) await into.log.append(into.topic, rows)
    }
    for await (const rows of rowsOfSpan(from, span, partition)) {
      if (signal.aborted) return
      const now = clock.now()
      fold.fold(rows, now)
      await send(now)
    }
    await send(clock.now() + TOLD_AFTER_MS)
  }
}
