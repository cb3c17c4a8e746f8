import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** One line of W.ndjson. */
export type FinalWindow = {
  readonly scope: string
  readonly monitor: string
  readonly group: Readonly<Record<string, string>>
  readonly start: number
  readonly end: number
  readonly rev: number
  readonly complete: boolean
  readonly values: Readonly<Record<string, number>>
  readonly stderr?: Readonly<Record<string, number>>
}

/** The windows of a W.ndjson, in the order in which they stand there. */
export async function readFinalWindows(path: string): Promise<readonly FinalWindow[]> {
  const windows: FinalWindow[] = []
  for await (const line of createInterface({ input: createReadStream(path) })) {
    windows.push(JSON.parse(line) as FinalWindow)
  }
  return windows
}

/**
 * The digest of final windows by the rule alone: SHA-256 over their lines without `rev`, sorted
 * bytewise by scope, monitor and group and numerically by end, values by name.
 */
export function digestOf(windows: readonly FinalWindow[]): string {
  const keyed = windows.map((window) => ({
    window,
    keys: [window.scope, window.monitor, JSON.stringify(byName(window.group))].map((text) =>
      Buffer.from(text),
    ),
  }))
  keyed.sort((a, b) => {
    for (let i = 0; i < a.keys.length; i++) {
      const order = Buffer.compare(a.keys[i]!, b.keys[i]!)
      if (order !== 0) return order
    }
    return a.window.end - b.window.end
  })
  const hash = createHash('sha256')
  for (const { window } of keyed) {
    const { scope, monitor, group, start, end, complete, values, stderr } = window
    const line = {
      scope,
      monitor,
      group: byName(group),
      start,
      end,
      complete,
      values: byName(values),
      ...(stderr !== undefined && { stderr: byName(stderr) }),
    }
    hash.update(`${JSON.stringify(line)}\n`)
  }
  return hash.digest('hex')
}

const byName = <T>(map: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(
    Object.entries(map).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  )
