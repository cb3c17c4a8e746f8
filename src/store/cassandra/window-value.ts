import type { Buffer } from 'node:buffer'
import type { WindowResult } from '../../model/window-result.ts'
import { CqlWriter } from './cql-writer.ts'

/** What all windows of a group end in: definition and stem, with their lengths. */
export type WindowTail = Buffer

/** Fields of fixed size with their lengths, 17 of them, and the counts of three collections. */
const FIXED_BYTES_MAX = 250
/** UTF-8 of a JavaScript string is at most three bytes a unit. */
const UNIT_BYTES_MAX = 3

/**
 * A window as one value of type `window_result`: one cell, so that two versions never mix, and a
 * type rather than a blob, so that applications read it too.
 */
export function encodeWindowValue(
  writer: CqlWriter,
  window: WindowResult,
  tail: WindowTail,
): Buffer {
  const { sources, receipt } = window
  writer.begin(FIXED_BYTES_MAX + variableBytesMax(window) + tail.length)
  writer.long(window.rev)
  writer.long(window.start)
  writer.flag(window.closed)
  writer.flag(window.complete)
  writer.flag(window.corrected)
  writer.long(window.rows)
  writeDoubles(writer, window.values)
  writeDoubles(writer, window.stderr)
  writer.long(sources.expected)
  writer.long(sources.reported)
  writeTexts(writer, sources.missing)
  writer.longOrNull(sources.sites?.expected ?? null)
  writer.longOrNull(sources.sites?.reported ?? null)
  writer.longOrNull(receipt.event)
  writer.longOrNull(receipt.read)
  writer.longOrNull(receipt.pane)
  writer.longOrNull(receipt.closed)
  writer.raw(tail)
  return writer.end()
}

/** The tail of a group's windows. */
export function windowTail(of: { readonly definition: string; readonly stem: string }): WindowTail {
  const writer = new CqlWriter()
  writer.begin(8 + UNIT_BYTES_MAX * (of.definition.length + of.stem.length))
  writer.text(of.definition)
  writer.text(of.stem)
  return writer.end()
}

function variableBytesMax({ values, stderr, sources }: WindowResult): number {
  let bytes = 0
  for (const name in values) bytes += 16 + UNIT_BYTES_MAX * name.length
  for (const name in stderr) bytes += 16 + UNIT_BYTES_MAX * name.length
  for (const name of sources.missing) bytes += 4 + UNIT_BYTES_MAX * name.length
  return bytes
}

/** Names in order: equal windows are to be equal bytes. */
function writeDoubles(
  writer: CqlWriter,
  values: Readonly<Record<string, number>> | undefined,
): void {
  if (values === undefined) return writer.null()
  const names = Object.keys(values).sort()
  const from = writer.open()
  writer.int(names.length)
  for (const name of names) {
    writer.text(name)
    writer.double(values[name]!)
  }
  writer.close(from)
}

function writeTexts(writer: CqlWriter, texts: readonly string[]): void {
  const from = writer.open()
  writer.int(texts.length)
  for (const text of texts) writer.text(text)
  writer.close(from)
}

/** A value of type `window_result` as the driver reads it. */
export type WindowValue = {
  readonly rev: bigint
  readonly start: Date
  readonly closed: boolean
  readonly complete: boolean
  readonly corrected: boolean
  readonly rows: bigint
  readonly values: ReadonlyMap<string, number> | null
  readonly stderr: ReadonlyMap<string, number> | null
  readonly expected: bigint
  readonly reported: bigint
  readonly missing: readonly string[] | null
  readonly sites_expected: bigint | null
  readonly sites_reported: bigint | null
  readonly event_at: Date | null
  readonly read_at: Date | null
  readonly pane_at: Date | null
  readonly closed_at: Date | null
  readonly definition: string
  readonly stem: string
}

/** Where a window lies: the columns before its value. */
export type WindowPlace = {
  readonly monitor: string
  readonly scope: string
  /** The named group as JSON. */
  readonly grp: string
  readonly end: number
}

/** The window that a row holds. */
export function decodeWindowValue(place: WindowPlace, value: WindowValue): WindowResult {
  const { monitor, scope, grp, end } = place
  return {
    v: 1,
    id: `${value.stem}|${end}`,
    scope,
    monitor,
    definition: value.definition,
    group: JSON.parse(grp),
    start: value.start.getTime(),
    end,
    rev: Number(value.rev),
    closed: value.closed,
    rows: Number(value.rows),
    values: Object.fromEntries(value.values ?? []),
    ...(value.stderr && { stderr: Object.fromEntries(value.stderr) }),
    sources: {
      expected: Number(value.expected),
      reported: Number(value.reported),
      missing: value.missing ?? [],
      ...(value.sites_expected !== null && {
        sites: { expected: Number(value.sites_expected), reported: Number(value.sites_reported) },
      }),
    },
    complete: value.complete,
    corrected: value.corrected,
    receipt: {
      event: instant(value.event_at),
      read: instant(value.read_at),
      pane: instant(value.pane_at),
      closed: instant(value.closed_at),
    },
  }
}

const instant = (at: Date | null): number | null => at?.getTime() ?? null
