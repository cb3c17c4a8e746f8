import assert from 'node:assert/strict'
import test from 'node:test'
import { createLogger, silentLogger } from './logger.ts'
import { createMetrics } from './metrics.ts'

test('[R7] a line of our log is one JSON object with a time, a level and the facts', () => {
  const lines: string[] = []
  const logger = createLogger({}, { write: (line: string) => void lines.push(line) })

  logger.warn({ reader: 'evaluate/0', reason: 'LOG_FULL' }, 'begins again')

  const [line] = lines
  const { time, level, ...facts } = JSON.parse(line ?? '') as Record<string, unknown>
  assert.equal(new Date(String(time)).toISOString(), time)
  assert.equal(level, 40)
  assert.deepEqual(facts, { reader: 'evaluate/0', reason: 'LOG_FULL', msg: 'begins again' })
  assert.doesNotThrow(() => silentLogger.error({}, 'nobody hears this'))
})

test('[R7] two registries in one process share no counter', async () => {
  const [one, other] = [createMetrics(), createMetrics()]

  one.rows.inc({ outcome: 'late' }, 3)

  assert.match(await one.registry.metrics(), /nocturne_rows_total\{outcome="late"\} 3/)
  assert.doesNotMatch(await other.registry.metrics(), /outcome="late"/)
})
