// A record of `windows` (formats.md 2): one JSON object, key = monitor 0x00 group as JSON array.
import type { Group } from '../model/pane.ts'
import type { WindowResult } from '../model/window-result.ts'
import { utf8 } from '../std/bytes.ts'
import { decodeJson, shape, type JsonFault } from './json-shape.ts'
import { paneKey } from './pane-codec.ts'

/** The value of a window's record. */
export const encodeWindow = (window: WindowResult): Uint8Array => utf8(JSON.stringify(window))

/** Key of all windows of one group: the same as of its panes. */
export const windowKey = (monitor: string, group: Group): Uint8Array => paneKey(monitor, group)

/** Identity of a window result (V4): scope|monitor|group|end. */
export const windowId = (
  monitor: string,
  group: Group,
  span: { readonly scope: string; readonly end: number },
): string => `${span.scope}|${monitor}|${JSON.stringify(group)}|${span.end}`

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
