import type { LogBatch, LogRecord } from '../log/log.ts'
import { bytesOf } from '../model/record-columns.ts'
import type { Watermark } from '../model/pane.ts'
import { PanesReader, type PaneFacts } from './pane-record.ts'
import { spread, type Crossing } from './spread.ts'
import type { WatermarkChain } from './watermark-chain.ts'

/** What of one turn is sent, in order, and what is not, by reason. */
export type PaneTurn = {
  readonly panes: readonly LogRecord[]
  readonly watermarks: readonly LogRecord[]
  readonly skipped: ReadonlyMap<string, number>
}

type Kept = { readonly row: number; readonly facts: PaneFacts }

const reader = new PanesReader()

/**
 * What of a turn of `panes` the cloud needs: of each pane the newest revision (P2), of each source
 * the newest watermark. A watermark speaks for the panes before it, so that it goes after them, and
 * more than it speaks for harms nothing. Clock records (A7) and what the past was (H2) are this
 * site's own.
 */
export function paneTurn(batch: LogBatch, chain: WatermarkChain, crossing: Crossing): PaneTurn {
  const panes = new Map<string, Kept>()
  const told = new WatermarksTold(chain)
  const skipped = new Map<string, number>()
  const skip = (reason: string): void => void skipped.set(reason, (skipped.get(reason) ?? 0) + 1)
  for (let row = 0; row < batch.count; row++) {
    const { bytes, starts, lengths } = batch.values
    const facts = reader.read({ bytes, start: starts[row]!, length: lengths[row]! })
    if (facts.kind === 'rejected') skip(facts.reason)
    else if (facts.kind === 'clock' || facts.kind === 'fact') skip(facts.kind)
    else if (facts.kind === 'watermark') {
      if (told.add(facts.watermark)) skip('overtaken')
    } else {
      const name = `${facts.identity} ${nameOf(bytesOf(batch.keys, row))}`
      const before = panes.get(name)
      if (before !== undefined) skip('overtaken')
      if (before === undefined || isNewer(facts, before.facts)) panes.set(name, { row, facts })
    }
  }
  const rows = Array.from(panes.values(), ({ row }) => row).sort((a, b) => a - b)
  const records = rows.map((row) => ({
    key: bytesOf(batch.keys, row),
    value: bytesOf(batch.values, row),
  }))
  const watermarks = told.all.flatMap((watermark) => spread(watermark, crossing))
  return { panes: records, watermarks, skipped }
}

/** A key as text that differs where its bytes do. */
const nameOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('latin1')

/** P2: at equal revisions closed replaces open. */
const isNewer = (a: PaneFacts, b: PaneFacts): boolean =>
  a.rev > b.rev || (a.rev === b.rev && a.closed && !b.closed)

/** The newest watermark of each source; where its story breaks, the last before it too. */
class WatermarksTold {
  readonly #chain: WatermarkChain
  readonly #broken: Watermark[] = []
  readonly #newest = new Map<string, Watermark>()

  constructor(chain: WatermarkChain) {
    this.#chain = chain
  }

  /** Whether an earlier one is not sent for it. */
  add(found: Watermark): boolean {
    const { record, isUnbroken } = this.#chain.follow(found)
    const key = `${record.site}\0${record.partition}`
    const before = this.#newest.get(key)
    if (before !== undefined && !isUnbroken) this.#broken.push(before)
    const since = isUnbroken ? (before?.since ?? record.since) : record.since
    this.#newest.set(key, { ...record, ...(since !== undefined && { since }) })
    return before !== undefined && isUnbroken
  }

  get all(): readonly Watermark[] {
    return [...this.#broken, ...this.#newest.values()]
  }
}
