import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../std/bytes.ts'
import type { FactRecord } from '../model/pane.ts'
import { encodeFact } from './fact-codec.ts'
import { decodePanesRecord, paneKey } from './pane-codec.ts'

const fact: FactRecord = {
  ...{ v: 1, site: 'history', monitor: 'm', definition: '00000000000000aa', scope: 'all' },
  ...{ group: ['arena-1', null], facts: { 'base(x, 1h)': 1.5, 'trend(x, 1h)': null } },
  ...{ at: 1000, until: 2000 },
}
const key = paneKey('m', fact.group)

test('[H2] what the past was is read back from a record of panes as it was said', () => {
  assert.deepEqual(decodePanesRecord({ key, value: encodeFact(fact) }), { kind: 'fact', fact })
})

test('[H2] what is not quite that is refused and never half a fact', () => {
  const broken = [
    { ...fact, site: 'clock' },
    { ...fact, v: 2 },
    { ...fact, facts: { 'base(x, 1h)': '1' } },
    { ...fact, until: 1.5 },
    { ...fact, group: [1] },
  ]
  for (const each of broken) {
    const value = utf8(JSON.stringify(each))
    assert.deepEqual(decodePanesRecord({ key, value }), { kind: 'rejected', reason: 'shape' })
  }
})
