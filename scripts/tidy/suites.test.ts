import assert from 'node:assert/strict'
import { test } from 'node:test'
import { found } from './found.suite.ts'
import { suites } from './suites.ts'

const adapter = { 'src/log/memory/memory-log.ts': 'export const openMemoryLog = 1' }

test('an adapter that passes no suite is told', () => {
  assert.deepEqual(found(suites, { ...adapter, 'src/log/memory/memory-log.test.ts': '' }), [
    'src/log/memory:1 no test runs src/log/log.suite.ts on log/memory; write one in its folder',
  ])
})

test('a room below a seam that never enters by its door needs no suite', () => {
  assert.deepEqual(found(suites, { 'src/log/codecs/open-codecs.ts': 'export const a = 1' }), [])
})

test('the suite runs beside the adapter, or where real servers are', () => {
  const beside = "import { logSuite } from '../log.suite.ts'"
  const afar =
    "import { logSuite } from '../../src/log/log.suite.ts'\n" +
    "import { openMemoryLog } from '../../src/log/memory/memory-log.ts'"

  assert.deepEqual(found(suites, { ...adapter, 'src/log/memory/a.test.ts': beside }), [])
  assert.deepEqual(found(suites, { ...adapter, 'test/stack/a.test.ts': afar }), [])
})
