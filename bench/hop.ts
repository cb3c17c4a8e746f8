import { utf8, utf8Text } from '../src/std/bytes.ts'
import { systemClock } from '../src/std/clock.ts'
import type { Log } from '../src/log/log.ts'

/** So many rows, one every so many ms; each carries the instant at which its append began. */
export type HopPlan = { readonly topic: string; readonly rows: number; readonly everyMs: number }

/** An instant that all threads of this process agree about, in ms with fractions. */
const instant = (): number => performance.timeOrigin + performance.now()

/** Appends on schedule: a slow append delays the next, and the delay counts (no omission). */
export async function appendPaced(log: Log, { topic, rows, everyMs }: HopPlan): Promise<void> {
  const startAt = instant()
  for (let row = 0; row < rows; row++) {
    const dueAt = startAt + row * everyMs
    await systemClock.sleep(dueAt - instant())
    await log.append(topic, [{ value: utf8(String(Math.max(dueAt, startAt))) }])
  }
}

/** How long after its instant each row reached a reader that waited for it. */
export async function latenciesOf(log: Log, { topic, rows }: HopPlan): Promise<number[]> {
  const latencies: number[] = []
  const stop = new AbortController()
  const group = { topics: [topic], start: 'earliest', sessionMs: 1e4, rebalanceMs: 6e4 } as const
  for await (const claim of log.claims(group, stop.signal)) {
    const position = { offset: 0, note: '' }
    for await (const batch of log.read(claim, { position, bytesMax: 65_536 })) {
      const { bytes, starts, lengths } = batch.values
      for (let row = 0; row < batch.count; row++) {
        const text = utf8Text(bytes.subarray(starts[row]!, starts[row]! + lengths[row]!))
        latencies.push(instant() - Number(text))
      }
      if (batch.next >= rows) break
    }
    stop.abort()
  }
  return latencies
}
