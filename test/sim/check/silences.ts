import { decodePanesRecord } from '../../../src/wire/pane-codec.ts'
import type { LoggedRecord } from './log-contents.ts'

/** Clock records come a second apart, and say when silence began that much too late. */
const MARGIN_MS = 2_000

/**
 * By site: when one of its sources was last heard before it was silent long enough for windows to
 * go on without it (V2). From then on rows of the site may come too late for a window.
 */
export function silences(
  panes: readonly LoggedRecord[],
  absentMs: number,
): ReadonlyMap<string, number> {
  const heardAt = new Map<string, { readonly site: string; readonly at: number }>()
  const silentFrom = new Map<string, number>()
  const note = (source: string, now: number): void => {
    const heard = heardAt.get(source)
    if (heard === undefined || now - heard.at < absentMs - MARGIN_MS) return
    silentFrom.set(heard.site, Math.min(heard.at, silentFrom.get(heard.site) ?? heard.at))
  }
  for (const { key, value, time } of panes) {
    const decoded = decodePanesRecord({ ...(key && { key }), ...(value && { value }) })
    if (decoded.kind !== 'watermark') continue
    const { site, partition } = decoded.watermark
    const source = `${site}/${partition}`
    note(source, time)
    heardAt.set(source, { site, at: time })
  }
  for (const source of heardAt.keys()) note(source, panes.at(-1)?.time ?? 0)
  return silentFrom
}
