import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { readToEnd, type Log } from '../log/log.ts'
import type { Step } from '../model/step.ts'
import { byText } from '../std/by-text.ts'
import { decodeTransition } from '../wire/step-codec.ts'
import type { WindowResult } from '../model/window-result.ts'
import { decodeWindow } from '../wire/window-codec.ts'
import { WindowColumns, type WindowFacts } from './window-columns.ts'

/** Values by name, as `JSON.stringify` writes them: `{"name":number}`. */
const sorted = (values: Readonly<Record<string, string | number>>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(values).sort(([a], [b]) => byText(a, b))))

/** The final windows of one group; `rows` of the monitor's columns, in order of their ends. */
type Series = {
  /** Scope, monitor and group, to sort by; and as they stand in a line. */
  readonly name: string
  readonly head: string
  readonly columns: WindowColumns
  readonly rows: number[]
}

/**
 * The highest closed revision of every window in the log: one line each, sorted bytewise by scope,
 * monitor and group and numerically by end. Memory holds some numbers a window and no text.
 */
export class FinalWindows {
  readonly #columns = new Map<string, WindowColumns>()
  /** By what the ids of a group's windows begin with. */
  readonly #series = new Map<string, Series>()

  static async of(log: Log): Promise<FinalWindows> {
    const finals = new FinalWindows()
    const partitions = (await log.ends('windows')).length
    for (let partition = 0; partition < partitions; partition++) {
      for await (const batch of readToEnd(log, { topic: 'windows', partition })) {
        const { bytes, starts, lengths } = batch.values
        for (let row = 0; row < batch.count; row++) {
          const decoded = decodeWindow(bytes.subarray(starts[row]!, starts[row]! + lengths[row]!))
          if (decoded.ok && decoded.window.closed) finals.#take(decoded.window)
        }
      }
    }
    return finals
  }

  get count(): number {
    let count = 0
    for (const { rows } of this.#series.values()) count += rows.length
    return count
  }

  /** SHA-256 over the lines without their revisions. */
  digest(): string {
    const hash = createHash('sha256')
    for (const { head, facts } of this.#inOrder()) {
      const { start, end } = facts
      hash.update(`{${head},"start":${start},"end":${end},${tailOf(facts)}\n`)
    }
    return hash.digest('hex')
  }

  *lines(): Iterable<string> {
    for (const { head, facts } of this.#inOrder()) {
      const { start, end, rev } = facts
      yield `{${head},"start":${start},"end":${end},"rev":${rev},${tailOf(facts)}\n`
    }
  }

  #take(window: WindowResult): void {
    const prefix = window.id.slice(0, window.id.lastIndexOf('|'))
    let series = this.#series.get(prefix)
    if (series === undefined) this.#series.set(prefix, (series = this.#newSeries(window)))
    const { columns, rows } = series
    const at = placeOf(window.end, series)
    const row = rows[at]
    if (row === undefined || columns.endOf(row) !== window.end) {
      rows.splice(at, 0, columns.add(window))
    } else if (window.rev > columns.revOf(row)) columns.write(row, window)
  }

  #newSeries({ scope, monitor, group }: WindowResult): Series {
    let columns = this.#columns.get(monitor)
    if (columns === undefined) this.#columns.set(monitor, (columns = new WindowColumns()))
    const [scopeText, monitorText] = [JSON.stringify(scope), JSON.stringify(monitor)]
    return {
      // NUL sorts before every byte of a name, so a prefix comes before what it begins.
      name: `${scope}\0${monitor}\0${sorted(group)}`,
      head: `"scope":${scopeText},"monitor":${monitorText},"group":${sorted(group)}`,
      columns,
      rows: [],
    }
  }

  *#inOrder(): Iterable<{ readonly head: string; readonly facts: WindowFacts }> {
    const series = [...this.#series.values()].sort((a, b) => byText(a.name, b.name))
    for (const { head, columns, rows } of series) {
      for (const row of rows) yield { head, facts: columns.read(row) }
    }
  }
}

/** Where among the rows a window with this end stands or belongs; mostly behind all others. */
function placeOf(end: number, { rows, columns }: Series): number {
  let [low, high] = [0, rows.length]
  if (high === 0 || columns.endOf(rows[high - 1]!) < end) return high
  while (low < high) {
    const middle = (low + high) >>> 1
    if (columns.endOf(rows[middle]!) < end) low = middle + 1
    else high = middle
  }
  return low
}

function tailOf({ complete, values, stderr }: WindowFacts): string {
  const errors = stderr === undefined ? '' : `,"stderr":${sorted(stderr)}`
  return `"complete":${complete},"values":${sorted(values)}${errors}}`
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
  return [...steps.values()].sort((a, b) => a.at - b.at || a.seq - b.seq || byText(a.id, b.id))
}

/** Writes lines to a file; resolves when they are in it. */
export async function writeLines(path: string, lines: Iterable<string>): Promise<void> {
  const file = createWriteStream(path)
  for (const line of lines) if (!file.write(line)) await once(file, 'drain')
  file.end()
  await once(file, 'close')
}
