import { PanesReader } from '../../../src/forward/pane-record.ts'
import type { Log } from '../../../src/log/log.ts'
import type { Step, Told } from '../../../src/model/step.ts'
import type { WindowResult } from '../../../src/model/window-result.ts'
import { decodeTransition } from '../../../src/wire/step-codec.ts'
import { decodeWindow } from '../../../src/wire/window-codec.ts'
import { eachValue } from './log-values.ts'

/** A window as it was told, and when that was appended. */
export type ToldWindow = { readonly window: WindowResult; readonly at: number }

/** Every closed revision of every window, in order of their appending within each. */
export async function windowsById(log: Log): Promise<ReadonlyMap<string, readonly ToldWindow[]>> {
  const all: ToldWindow[] = []
  await eachValue(log, 'windows', ({ value, at }) => {
    const decoded = decodeWindow(value)
    if (decoded.ok && decoded.window.closed) all.push({ window: decoded.window, at })
  })
  return Map.groupBy(all, ({ window }) => window.id)
}

/** The highest revision of each window that begins at an instant or later. */
export async function finalWindows(log: Log, from: number): Promise<readonly WindowResult[]> {
  return [...(await windowsById(log)).values()]
    .map((told) => told.map(({ window }) => window).reduce((a, b) => (b.rev > a.rev ? b : a)))
    .filter(({ start }) => start >= from)
}

/** Steps, each once, and what was told of them. */
export async function transitionsIn(
  log: Log,
): Promise<{ readonly steps: ReadonlyMap<string, Step>; readonly tolds: readonly Told[] }> {
  const steps = new Map<string, Step>()
  const tolds: Told[] = []
  await eachValue(log, 'transitions', ({ value }) => {
    const decoded = decodeTransition(value)
    if (!decoded.ok) return
    const { record } = decoded
    if (record.kind === 'notice') tolds.push(record)
    else if (!steps.has(record.id)) steps.set(record.id, record)
  })
  return { steps, tolds }
}

/** The panes of one site in a topic: of each the newest revision with its bytes. */
export async function panesIn(log: Log, topic: string, site: string) {
  const reader = new PanesReader()
  const newest = new Map<string, { readonly rev: number; readonly text: string }>()
  const seen = new Set<string>()
  let repeats = 0
  await eachValue(log, topic, ({ key, value }) => {
    const facts = reader.read({ bytes: value, start: 0, length: value.length })
    if (facts.kind !== 'pane' || facts.site !== site) return
    const id = `${Buffer.from(key).toString('latin1')} ${facts.identity}`
    const rev = 2 * facts.rev + (facts.closed ? 1 : 0)
    if (seen.has(`${id} ${rev}`)) repeats++
    seen.add(`${id} ${rev}`)
    if ((newest.get(id)?.rev ?? -1) >= rev) return
    newest.set(id, { rev, text: Buffer.from(value).toString('base64') })
  })
  return { newest, repeats, records: seen.size + repeats }
}
