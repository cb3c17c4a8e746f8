import assert from 'node:assert/strict'
import { loadConfig } from '../../src/config/load-config.ts'
import { readToEnd, type Log } from '../../src/log/log.ts'
import { aggregateState } from '../../src/sketch/aggregate-state.ts'
import { decodePanesRecord } from '../../src/wire/pane-codec.ts'
import type { NaivePanes } from '../naive-panes.ts'

type Seen = {
  readonly rev: number
  readonly stream: string
  readonly start: number
  readonly results: readonly unknown[]
}

/** The newest revision of every pane in `panes` is what the rows say, and none is missing. */
export async function checkPanes(log: Log, { byStream }: NaivePanes): Promise<number> {
  const loaded = loadConfig({ file: 'examples/ott.yaml', env: {} })
  assert.ok(loaded.ok)
  const { aggregates } = loaded.config.monitors[0]!
  const newest = new Map<string, Seen>()
  for (const partition of (await log.ends('panes')).keys()) {
    for await (const { keys, values, count } of readToEnd(log, { topic: 'panes', partition })) {
      for (let row = 0; row < count; row++) {
        const [k, v] = [keys.starts[row]!, values.starts[row]!]
        const key = keys.bytes.subarray(k, k + keys.lengths[row]!)
        const value = values.bytes.subarray(v, v + values.lengths[row]!)
        const record = decodePanesRecord({ key, value }, () => aggregates)
        if (record.kind !== 'pane') continue
        const { pane } = record
        const id = `${pane.group[0] ?? ''}|${pane.partition}|${pane.start}`
        if (pane.rev < (newest.get(id)?.rev ?? 0)) continue
        // Its states are views of a batch that is gone with the next.
        const results = aggregates.map((spec, i) => {
          const state = aggregateState.decode(spec, pane.states[i]!)
          return state && aggregateState.result(spec, state)
        })
        newest.set(id, { rev: pane.rev, stream: pane.group[0] ?? '', start: pane.start, results })
      }
    }
  }
  for (const [id, { stream, start, results }] of newest) {
    const expected = byStream.get(stream)?.get(start)
    assert.deepEqual(results, [expected?.count, expected?.retrans, expected?.rttMax], id)
  }
  const all = [...byStream.values()].reduce((sum, panes) => sum + panes.size, 0)
  assert.equal(newest.size, all, 'no pane is missing')
  return all
}
