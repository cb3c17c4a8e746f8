import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { readToEnd, type Log } from '../log/log.ts'
import type { Step } from '../model/step.ts'
import { byText } from '../std/by-text.ts'
import { decodeTransition } from '../wire/step-codec.ts'
import { decodeWindow } from '../wire/window-codec.ts'

/** A final window as W.ndjson shows it, with the text that goes into the digest. */
type FinalWindow = { readonly rev: number; readonly head: string; readonly tail: string }

/** Values by name, as `JSON.stringify` writes them: `{"name":number}`. */
const sorted = (values: Readonly<Record<string, string | number>>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(values).sort(([a], [b]) => byText(a, b))))

/**
 * The highest closed revision of every window in the log: one line each, sorted bytewise by scope,
 * monitor and group and numerically by end. Memory holds two short texts a window.
 */
export class FinalWindows {
  readonly #byGroup = new Map<string, Map<number, FinalWindow>>()

  static async of(log: Log): Promise<FinalWindows> {
    const finals = new FinalWindows()
    const partitions = (await log.ends('windows')).length
    for (let partition = 0; partition < partitions; partition++) {
      for await (const batch of readToEnd(log, { topic: 'windows', partition })) {
        const { bytes, starts, lengths } = batch.values
        for (let row = 0; row < batch.count; row++) {
          finals.#take(bytes.subarray(starts[row]!, starts[row]! + lengths[row]!))
        }
      }
    }
    return finals
  }

  get count(): number {
    let count = 0
    for (const windows of this.#byGroup.values()) count += windows.size
    return count
  }

  /** SHA-256 over the lines without their revisions. */
  digest(): string {
    const hash = createHash('sha256')
    for (const { head, tail } of this.#inOrder()) hash.update(`${head}${tail}\n`)
    return hash.digest('hex')
  }

  *lines(): Iterable<string> {
    for (const { head, tail, rev } of this.#inOrder()) yield `${head}"rev":${rev},${tail}\n`
  }

  #take(bytes: Uint8Array): void {
    const decoded = decodeWindow(bytes)
    if (!decoded.ok || !decoded.window.closed) return
    const { scope, monitor, group, start, end, rev, complete, values } = decoded.window
    // NUL sorts before every byte of a name, so a prefix comes before what it begins.
    const name = `${scope}\0${monitor}\0${sorted(group)}`
    let windows = this.#byGroup.get(name)
    if (windows === undefined) this.#byGroup.set(name, (windows = new Map()))
    const held = windows.get(end)
    if (held !== undefined && held.rev >= rev) return
    const [scopeText, monitorText] = [JSON.stringify(scope), JSON.stringify(monitor)]
    const place = `"scope":${scopeText},"monitor":${monitorText},"group":${sorted(group)}`
    windows.set(end, {
      rev,
      head: `{${place},"start":${start},"end":${end},`,
      tail: `"complete":${complete},"values":${sorted(values)}}`,
    })
  }

  *#inOrder(): Iterable<FinalWindow> {
    for (const name of [...this.#byGroup.keys()].sort(byText)) {
      const windows = this.#byGroup.get(name)!
      for (const end of [...windows.keys()].sort((a, b) => a - b)) yield windows.get(end)!
    }
  }
}

/** Every step in the log once, without its receipt: by fingerprint's partition, then in order. */
export async function replayedSteps(log: Log): Promise<readonly Omit<Step, 'receipt'>[]> {
  const steps = new Map<string, Omit<Step, 'receipt'>>()
  const partitions = (await log.ends('transitions')).length
  for (let partition = 0; partition < partitions; partition++) {
    for await (const batch of readToEnd(log, { topic: 'transitions', partition })) {
      const { bytes, starts, lengths } = batch.values
      for (let row = 0; row < batch.count; row++) {
        const from = starts[row]!
        const decoded = decodeTransition(bytes.subarray(from, from + lengths[row]!))
        if (!decoded.ok || decoded.record.kind === 'notice') continue
        const { receipt: _, ...step } = decoded.record
        if (!steps.has(step.id)) steps.set(step.id, step)
      }
    }
  }
  return [...steps.values()].sort((a, b) => a.at - b.at || byText(a.id, b.id))
}

/** Writes lines to a file; resolves when they are in it. */
export async function writeLines(path: string, lines: Iterable<string>): Promise<void> {
  const file = createWriteStream(path)
  for (const line of lines) if (!file.write(line)) await once(file, 'drain')
  file.end()
  await once(file, 'close')
}
