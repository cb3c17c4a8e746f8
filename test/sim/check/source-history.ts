import { decodePanesRecord } from '../../../src/wire/pane-codec.ts'
import type { LoggedRecord } from './log-contents.ts'

/** Clock records come a second apart, and say when silence began that much too late. */
const MARGIN_MS = 2_000

/** When a source was last heard, and how far it had come by then. */
export type Silence = { readonly at: number; readonly watermark: number }

/** What evaluators knew of a site. */
export type SiteHistory = {
  /** When all of them had heard of it. */
  readonly knownAt: number
  /** The first silence of one of its sources that was long enough to go on without it (V2). */
  readonly silence?: Silence
}

/** By site: when it was heard of, and whether windows may have gone on without it. */
export function siteHistories(
  partitions: readonly (readonly LoggedRecord[])[],
  absentMs: number,
): ReadonlyMap<string, SiteHistory> {
  const histories = new Map<string, SiteHistory>()
  for (const records of partitions) {
    for (const [site, { knownAt, silence }] of historiesIn(records, absentMs)) {
      const before = histories.get(site)
      const first = earlier(before?.silence, silence)
      histories.set(site, {
        knownAt: Math.max(knownAt, before?.knownAt ?? 0),
        ...(first && { silence: first }),
      })
    }
  }
  return histories
}

type Heard = Silence & { readonly site: string }

function historiesIn(
  records: readonly LoggedRecord[],
  absentMs: number,
): ReadonlyMap<string, SiteHistory> {
  const heard = new Map<string, Heard>()
  const found = new Map<string, SiteHistory>()
  const note = (source: Heard | undefined, now: number): void => {
    if (source === undefined || now - source.at < absentMs - MARGIN_MS) return
    const { site, at, watermark } = source
    const before = found.get(site)!
    const silence = earlier(before.silence, { at, watermark })
    found.set(site, { ...before, ...(silence && { silence }) })
  }
  for (const { key, value, time } of records) {
    const decoded = decodePanesRecord({ ...(key && { key }), ...(value && { value }) })
    if (decoded.kind !== 'watermark') continue
    const { site, partition, watermark } = decoded.watermark
    if (!found.has(site)) found.set(site, { knownAt: time })
    const name = `${site}/${partition}`
    note(heard.get(name), time)
    heard.set(name, { site, at: time, watermark })
  }
  for (const source of heard.values()) note(source, records.at(-1)?.time ?? 0)
  return found
}

/** The least of both, so that nothing is held certain that was not before either. */
const earlier = (a: Silence | undefined, b: Silence | undefined): Silence | undefined =>
  a === undefined || b === undefined
    ? (a ?? b)
    : { at: Math.min(a.at, b.at), watermark: Math.min(a.watermark, b.watermark) }
