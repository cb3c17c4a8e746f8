import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../../telemetry/metrics.ts'
import { logView, observeSpool, spoolCheck } from './spool-watch.ts'
import type { SpoolStats } from './spooled-log.ts'

const NOW = 1_795_383_150_000
const quiet: SpoolStats = {
  rows: 0,
  bytes: 0,
  oldestAt: undefined,
  trouble: undefined,
  isFull: false,
  refusedRows: 0,
  droppedRows: { too_large: 0, unreadable: 0 },
}
const busy: SpoolStats = {
  ...quiet,
  rows: 12_345,
  bytes: 3 * 1_048_576,
  oldestAt: NOW - 40_000,
  trouble: 'LOG_UNAVAILABLE',
  droppedRows: { too_large: 2, unreadable: 0 },
}

test('[D9] rows that wait are told and no failure; rows that are refused are one', () => {
  const detail = '12345 rows, 3.0 MiB, wait, the oldest for 40 s (LOG_UNAVAILABLE)'
  const spooling = { name: 'spool', isOk: true, code: 'LOG_SPOOLING', detail }

  assert.deepEqual(spoolCheck(quiet, NOW), { name: 'spool', isOk: true })
  assert.deepEqual(spoolCheck(busy, NOW), spooling)
  assert.deepEqual(spoolCheck({ ...busy, isFull: true }, NOW), {
    ...spooling,
    isOk: false,
    code: 'LOG_FULL',
  })
})

test('[U20] the wall is told of the spool and of partitions with one copy', () => {
  const detail = 'one copy of readings/0'
  const checks = () => [{ name: 'kafka copies', isOk: true, code: 'LOG_ONE_COPY', detail } as const]

  assert.deepEqual(logView({}, undefined, NOW), { spool: null, one_copy: null })
  assert.deepEqual(logView({}, quiet, NOW), { spool: null, one_copy: null })
  assert.deepEqual(logView({ checks }, busy, NOW), {
    spool: { rows: 12_345, bytes: 3 * 1_048_576, age_ms: 40_000, refusing: false },
    one_copy: detail,
  })
})

test('[R7] metrics say how much waits, and what was refused and dropped', async () => {
  const metrics = createMetrics()

  observeSpool(metrics, { ...busy, refusedRows: 7 }, NOW)
  observeSpool(metrics, { ...busy, refusedRows: 7 }, NOW)

  const lines = (await metrics.registry.metrics()).split('\n')
  assert.deepEqual(
    lines.filter((line) => line.startsWith('nocturne_spool')),
    [
      'nocturne_spool_rows 12345',
      'nocturne_spool_bytes 3145728',
      'nocturne_spool_age_seconds 40',
      'nocturne_spool_refused_rows_total 7',
      'nocturne_spool_dropped_rows_total{reason="too_large"} 2',
      'nocturne_spool_dropped_rows_total{reason="unreadable"} 0',
    ],
  )
})
