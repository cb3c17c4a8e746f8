import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../../config/config.ts'
import { workerCount } from './worker-count.ts'

const log = (partitions: number, kind: 'embedded' | 'memory' = 'embedded'): Config['log'] => ({
  kind,
  spoolBytesMax: 0,
  partitions,
  durability: 'ack',
  retention: {} as Config['log']['retention'],
})

const CASES = [
  ['auto on one core', 'auto', 1, log(4), 0],
  ['auto on two cores', 'auto', 2, log(4), 1],
  ['auto on four cores', 'auto', 4, log(4), 3],
  ['auto on sixteen cores', 'auto', 16, log(4), 4],
  ['auto on sixteen cores with many partitions', 'auto', 16, log(64), 6],
  ['two on one core', 2, 1, log(4), 2],
  ['eight for four partitions', 8, 16, log(4), 4],
  ['none', 0, 16, log(4), 0],
  ['any for a log in memory', 4, 16, log(4, 'memory'), 0],
] as const

for (const [name, workers, cores, where, count] of CASES) {
  test(`[R8] ${name}: ${count}`, () => {
    assert.equal(workerCount({ workers, log: where }, cores), count)
  })
}
