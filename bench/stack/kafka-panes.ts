import assert from 'node:assert/strict'
import { loadConfig } from '../../src/config/load-config.ts'
import { readToEnd, type Log } from '../../src/log/log.ts'
import { aggregateState } from '../../src/sketch/aggregate-state.ts'
import { decodePane } from '../../src/wire/pane-codec.ts'
import type { NaivePanes } from '../naive-panes.ts'

/** Every pane in `panes` is what the rows say, and each of them is there once. */
export async function checkPanes(log: Log, { byStream }: NaivePanes): Promise<number> {
  const loaded = loadConfig({ file: 'examples/ott.yaml', env: {} })
  assert.ok(loaded.ok)
  const { aggregates } = loaded.config.monitors[0]!
  const seen = new Set<string>()
  for (const partition of (await log.ends('panes')).keys()) {
    for await (const { keys, values, count } of readToEnd(log, { topic: 'panes', partition })) {
      for (let row = 0; row < count; row++) {
        const [k, v] = [keys.starts[row]!, values.starts[row]!]
        const key = keys.bytes.subarray(k, k + keys.lengths[row]!)
        const pane = decodePane({ key, value: values.bytes.subarray(v, v + values.lengths[row]!) })
        if (pane === undefined) continue
        const results = aggregates.map((spec, i) => {
          const state = aggregateState.decode(spec, pane.states[i]!)
          return state && aggregateState.result(spec, state)
        })
        const stream = pane.group[0] ?? ''
        const expected = byStream.get(stream)?.get(pane.start)
        assert.deepEqual(results, [expected?.count, expected?.retrans, expected?.rttMax])
        seen.add(`${stream}|${pane.start}`)
      }
    }
  }
  const all = [...byStream.values()].reduce((sum, panes) => sum + panes.size, 0)
  assert.equal(seen.size, all, 'no pane is missing')
  return all
}
