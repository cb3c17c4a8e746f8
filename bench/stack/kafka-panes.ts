import assert from 'node:assert/strict'
import { loadConfig } from '../../src/config/load-config.ts'
import { readToEnd, type Log } from '../../src/log/log.ts'
import { aggregateState } from '../../src/sketch/aggregate-state.ts'
import type { Pane } from '../../src/model/pane.ts'
import { decodePanesRecord } from '../../src/wire/pane-codec.ts'
import type { NaivePanes } from '../naive-panes.ts'

/** The newest revision of every pane in `panes` is what the rows say, and none is missing. */
export async function checkPanes(log: Log, { byStream }: NaivePanes): Promise<number> {
  const loaded = loadConfig({ file: 'examples/ott.yaml', env: {} })
  assert.ok(loaded.ok)
  const { aggregates } = loaded.config.monitors[0]!
  const newest = new Map<string, Pane>()
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
        if (pane.rev >= (newest.get(id)?.rev ?? 0)) newest.set(id, pane)
      }
    }
  }
  for (const [id, pane] of newest) {
    const results = aggregates.map((spec, i) => {
      const state = aggregateState.decode(spec, pane.states[i]!)
      return state && aggregateState.result(spec, state)
    })
    const expected = byStream.get(pane.group[0] ?? '')?.get(pane.start)
    assert.deepEqual(results, [expected?.count, expected?.retrans, expected?.rttMax], id)
  }
  const all = [...byStream.values()].reduce((sum, panes) => sum + panes.size, 0)
  assert.equal(newest.size, all, 'no pane is missing')
  return all
}
