import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SiteFigures } from '../../spark/watch/site-figures.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { observeSpark, sparkChecks, sparkEngines } from './spark-watch.ts'

const AT = 1_795_383_160_000

function running(): SiteFigures {
  const figures = new SiteFigures('ams1')
  figures.comes('running', AT)
  figures.watermarks = new Map([
    [0, AT - 3000],
    [1, AT - 1000],
  ])
  const offsets = { startOffsets: new Map(), endOffsets: new Map([[0, 9]]) }
  const progress = {
    ...{ id: 'q', runId: 'r', name: 'n', batchId: 1, rows: 900, batchMs: 600, commitMs: 50 },
    ...{ stateRows: 40, stateBytes: 5000, droppedRows: 2, ...offsets },
  }
  const refused = new Map([['json', 3]])
  const counts = { rows: 890, beats: 7, refused, otherRates: 1 }
  figures.batch(progress, { watermarks: new Map(), finals: new Map(), ...counts }, AT)
  return figures
}

test('[R2] [Z16] a site is ready while its query runs, and a code says why it does not', () => {
  const figures = running()
  const check = () => sparkChecks([figures], AT + 5000)

  assert.deepEqual(check(), [{ name: 'spark ams1', isOk: true }])
  figures.comes('starting', AT)
  assert.deepEqual(check(), [{ name: 'spark ams1', isOk: false, code: 'APP_RESTORING' }])
  figures.trouble = { code: 'SPARK_BATCH_FAILED', detail: 'batch 7', since: AT }
  const code = 'SPARK_BATCH_FAILED'
  const detail = 'starting for 5 s: batch 7'
  assert.deepEqual(check(), [{ name: 'spark ams1', isOk: false, code, detail }])
})

test('[U21] the wall says how a query does since when, and why, without names of hosts', () => {
  const figures = running()
  figures.trouble = { code: 'SPARK_UNAVAILABLE', detail: 'host:15002', since: AT }

  assert.deepEqual(sparkEngines(new Map([['ams1', figures]])).get('ams1'), {
    ...{ engine: 'spark', state: 'running', since: AT, says: 'Spark cannot be reached' },
  })
  figures.trouble = undefined
  const { says } = sparkEngines(new Map([['ams1', figures]])).get('ams1') ?? {}
  assert.equal(says, 'batch 0.6 s, 1,500 rows/s, 40 states')
})

test('[R7] what a query does and what it refuses is counted by site', async () => {
  const metrics = createMetrics()
  const figures = running()
  figures.restarted('SPARK_QUERY_FAILED')

  observeSpark(metrics, [figures], AT)
  observeSpark(metrics, [figures], AT)

  const text = await metrics.registry.metrics()
  for (const line of [
    'nocturne_spark_state{site="ams1",state="running"} 1',
    'nocturne_spark_state{site="ams1",state="failed"} 0',
    'nocturne_spark_batch_seconds{site="ams1"} 0.6',
    'nocturne_spark_commit_seconds{site="ams1"} 0.05',
    'nocturne_spark_rows_per_second{site="ams1"} 1500',
    'nocturne_spark_state_rows{site="ams1"} 40',
    'nocturne_spark_state_bytes{site="ams1"} 5000',
    'nocturne_spark_watermark_lag_seconds{site="ams1"} 3',
    'nocturne_spark_partition_spread_seconds{site="ams1"} 2',
    'nocturne_spark_rows_total{site="ams1",outcome="folded"} 890',
    'nocturne_spark_rows_total{site="ams1",outcome="beat"} 7',
    'nocturne_spark_refused_total{site="ams1",reason="json"} 3',
    'nocturne_spark_dropped_total{site="ams1"} 2',
    'nocturne_spark_restarts_total{site="ams1",reason="SPARK_QUERY_FAILED"} 1',
  ]) {
    assert.ok(text.split('\n').includes(line), line)
  }
})

test('[R7] [Z16] what another process watches by now is no figure here', async () => {
  const metrics = createMetrics()
  observeSpark(metrics, [running()], AT)
  assert.match(await metrics.registry.metrics(), /nocturne_spark_state\{site="ams1"/)

  observeSpark(metrics, [], AT)

  const text = await metrics.registry.metrics()
  assert.doesNotMatch(text, /nocturne_spark_(state|watermark_lag_seconds)\{/)
  assert.match(text, /nocturne_spark_rows_total\{site="ams1",outcome="folded"\} 890/)
})
