import { createHash } from 'node:crypto'
import type { NaivePanes } from './naive-panes.ts'

/** The digest that `replay` must have for the same rows under examples/ott.yaml. */
export function digestOf(panes: NaivePanes): { readonly windows: number; readonly digest: string } {
  const hash = createHash('sha256')
  let windows = 0
  for (const { stream, end, count, retrans, rttMax } of panes.windows()) {
    windows++
    const group = JSON.stringify({ stream })
    const values = JSON.stringify({ count, retrans, rtt_max: rttMax })
    hash.update(
      `{"scope":"all","monitor":"ott-10s","group":${group},"start":${end - 10_000},"end":${end},` +
        `"complete":true,"values":${values}}\n`,
    )
  }
  return { windows, digest: hash.digest('hex') }
}
