import type { Watermark } from '../model/pane.ts'
import { utf8Text } from '../std/bytes.ts'
import { decodeJson, shape } from '../wire/json-shape.ts'
import { PaneCursor, type BytesAt } from '../wire/pane-cursor.ts'
import { isFact } from '../wire/fact-codec.ts'
import { isClock, readWatermark } from '../wire/watermark-codec.ts'

/** What of a pane decides whether it is sent and to whom it belongs. */
export type PaneFacts = {
  readonly kind: 'pane'
  readonly site: string
  /** Equal for all revisions of one pane (P1), within one key. */
  readonly identity: string
  readonly rev: number
  readonly closed: boolean
}

/** What a record of `panes` is to `forward`, which copies panes as they are. */
export type PanesFacts =
  | PaneFacts
  | { readonly kind: 'watermark'; readonly watermark: Watermark }
  | { readonly kind: 'clock' }
  | { readonly kind: 'fact' }
  | { readonly kind: 'rejected'; readonly reason: string }

const isAny = shape.any

const isJsonPane = shape.object<{
  monitor: string
  definition: string
  site: string
  partition: number
  start: number
  rev: number
  closed: boolean | null
}>({
  monitor: shape.text,
  definition: shape.text,
  site: shape.text,
  partition: shape.count,
  start: shape.integer,
  rev: shape.count,
  closed: shape.orNull(shape.flag),
})

/** Reads what a record of `panes` is, states unopened; one serves all records. */
export class PanesReader {
  readonly #cursor = new PaneCursor()

  read(value: BytesAt): PanesFacts {
    if (value.length <= 0) return { kind: 'rejected', reason: 'empty' }
    if (PaneCursor.isPane(value)) return this.#binary(value)
    const { bytes, start, length } = value
    const parsed = decodeJson(bytes.subarray(start, start + length), isAny)
    if (!parsed.ok) return { kind: 'rejected', reason: parsed.reason }
    const json: unknown = parsed.value
    if (isClock(json)) return { kind: 'clock' }
    if (isFact(json)) return { kind: 'fact' }
    const watermark = readWatermark(json)
    if (watermark !== undefined) return { kind: 'watermark', watermark }
    if (!isJsonPane(json)) return { kind: 'rejected', reason: 'shape' }
    const { site, definition, partition, rev } = json
    const identity = `${site} ${partition} ${definition} ${json.start}`
    return { kind: 'pane', site, identity, rev, closed: json.closed ?? false }
  }

  #binary(value: BytesAt): PanesFacts {
    const cursor = this.#cursor
    if (!cursor.read(value)) return { kind: 'rejected', reason: 'pane' }
    const { bytes, siteStart, siteLength, rev, closed } = cursor
    const site = textOf(bytes.subarray(siteStart, siteStart + siteLength))
    if (site === undefined) return { kind: 'rejected', reason: 'bytes' }
    const { partition, definitionHigh, definitionLow, start } = cursor
    const identity = `${site} ${partition} ${definitionHigh} ${definitionLow} ${start}`
    return { kind: 'pane', site, identity, rev, closed }
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8Text(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
