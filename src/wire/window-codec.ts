// A record of `windows` (formats.md 2): one JSON object, key = monitor 0x00 group as JSON array.
import type { Group } from '../model/pane.ts'
import type { WindowResult } from '../model/window-result.ts'
import { utf8 } from '../std/bytes.ts'
import { decodeJson, shape, type JsonFault } from './json-shape.ts'
import { paneKey } from './pane-codec.ts'

/** What all windows of a group in a scope begin with: made once, since there is one every hop. */
export type WindowFrame = {
  /** Key of all windows of one group: the same as of its panes. */
  readonly key: Uint8Array
  /** The window's id but for its end (V4): scope|monitor|group|end. */
  readonly idPrefix: string
  /** The JSON up to the end in the id, and from behind it up to `start`. */
  readonly head: string
  readonly middle: string
}

/** The frame of a group's windows; `named` is the group as windows show it. */
export function windowFrame(
  of: Pick<WindowResult, 'scope' | 'monitor' | 'definition'> & {
    readonly group: Group
    readonly named: WindowResult['group']
  },
): WindowFrame {
  const { scope, monitor, definition, group, named } = of
  const idPrefix = `${scope}|${monitor}|${JSON.stringify(group)}|`
  const shown = { scope, monitor, definition, group: named }
  return {
    key: paneKey(monitor, group),
    idPrefix,
    head: `{"v":1,"id":${JSON.stringify(idPrefix).slice(0, -1)}`,
    middle: `",${JSON.stringify(shown).slice(1, -1)},"start":`,
  }
}

/** The value of a window's record: JSON. A frame makes the same bytes in half the time. */
export function encodeWindow(window: WindowResult, frame?: WindowFrame): Uint8Array {
  if (frame === undefined) return utf8(JSON.stringify(window))
  const { start, end, rev, closed, rows, complete, corrected, receipt, sources } = window
  const { expected, reported, missing } = sources
  const sites = sources.sites === undefined ? '' : `,"sites":${JSON.stringify(sources.sites)}`
  const errors = window.stderr === undefined ? '' : `,"stderr":${JSON.stringify(window.stderr)}`
  const names = missing.length === 0 ? '[]' : JSON.stringify(missing)
  return utf8(
    `${frame.head}${end}${frame.middle}${start},"end":${end},"rev":${rev},"closed":${closed}` +
      `,"rows":${rows},"values":${JSON.stringify(window.values)}${errors}` +
      `,"sources":{"expected":${expected},"reported":${reported},"missing":${names}${sites}}` +
      `,"complete":${complete},"corrected":${corrected},"receipt":{"event":${receipt.event}` +
      `,"read":${receipt.read},"pane":${receipt.pane},"closed":${receipt.closed}}}`,
  )
}

const instant = shape.orNull(shape.integer)

const isWindow = shape.object<WindowResult>({
  v: shape.one(1),
  id: shape.text,
  scope: shape.text,
  monitor: shape.text,
  definition: shape.text,
  group: shape.map(shape.text),
  start: shape.integer,
  end: shape.integer,
  rev: shape.count,
  closed: shape.flag,
  rows: shape.count,
  values: shape.map(shape.number),
  stderr: shape.optional(shape.map(shape.number)),
  sources: shape.object<WindowResult['sources']>({
    expected: shape.count,
    reported: shape.count,
    missing: shape.list(shape.text),
    sites: shape.optional(
      shape.object<NonNullable<WindowResult['sources']['sites']>>({
        expected: shape.count,
        reported: shape.count,
      }),
    ),
  }),
  complete: shape.flag,
  corrected: shape.flag,
  receipt: shape.object<WindowResult['receipt']>({
    event: instant,
    read: instant,
    pane: instant,
    closed: instant,
  }),
})

/** Reads a record of `windows`, or says why it is none. */
export function decodeWindow(
  bytes: Uint8Array,
):
  | { readonly ok: true; readonly window: WindowResult }
  | { readonly ok: false; readonly reason: JsonFault } {
  const parsed = decodeJson(bytes, isWindow)
  return parsed.ok ? { ok: true, window: parsed.value } : parsed
}
