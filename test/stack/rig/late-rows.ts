import { systemClock } from '../../../src/std/clock.ts'
import { confirmed } from './confirmed-post.ts'

const EVERY_MS = 500
const ROWS = 20

/** Rows that come seconds after their windows have closed, so that those are corrected. */
export async function postLateRows(
  url: string,
  { streams, lateMs }: { readonly streams: number; readonly lateMs: number },
  signal: AbortSignal,
): Promise<number> {
  let n = 0
  while (!signal.aborted) {
    const at = Date.now() - lateMs
    const rows = Array.from({ length: ROWS }, () => {
      const stream = `s${n % streams}`
      return {
        ts: at - (n % 1_000),
        site: 'ams1',
        stream,
        x: 1,
        spike: 0,
        collector: 'late@1',
        n: n++,
      }
    })
    const body = rows.map((row) => JSON.stringify(row)).join('\n')
    while (!(await confirmed(url, body))) await systemClock.sleep(EVERY_MS)
    await systemClock.sleep(EVERY_MS, signal)
  }
  return n
}
