import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monitor } from '../../../test/rig/monitor.ts'
import { compileSite } from '../compile-site.ts'
import { panesQuery, readingsSource, sessionSettings } from './query-plan.ts'

const SPEC = {
  address: { host: 's', port: 1 },
  ...{ sites: ['ams1'], checkpoints: '/c', triggerMs: 1000, rowsPerBatchMax: 1000 },
  ...{ shufflePartitions: 2, spreadMs: 7_000, rates: [1] },
  kafkaOptions: { 'kafka.bootstrap.servers': 'k1:9092' },
}
const program = compileSite({
  ...{ spec: SPEC, site: 'ams1', ownSite: 'ams1', skewMs: 60_000, partitions: 2 },
  monitors: [monitor({}), monitor({ id: 'other' })],
})

test('[Z14] state is kept for lateness, correction and spread, and no longer', () => {
  const { window } = monitor({})
  const delays = program.views(readingsSource(SPEC, [0, 0])).flatMap(({ relation }) => {
    return relation.kind === 'watermark' ? [relation.delay] : []
  })

  const keptMs = window.latenessMs + window.correctionMs + SPEC.spreadMs
  assert.deepEqual(delays, [`${keptMs} milliseconds`])
  assert.equal(program.delayMs, keptMs)
})

test('[Z13] a batch without rows is none, so that silence is seen', () => {
  const settings = sessionSettings(SPEC)

  assert.equal(settings['spark.sql.streaming.noDataMicroBatches.enabled'], 'false')
  assert.equal(settings['spark.sql.shuffle.partitions'], '2')
})

test('[Z12] [Z15] a query updates panes from offsets of ours, and lost rows end it', () => {
  const source = readingsSource(SPEC, [12, 7])
  const query = panesQuery(SPEC, { program, name: 'n', folder: '/c/ams1/h-1' })

  assert.ok(source.kind === 'read' && source.isStreaming)
  assert.equal(source.options['startingOffsets'], '{"readings":{"0":12,"1":7}}')
  assert.equal(source.options['failOnDataLoss'], 'true')
  assert.equal(source.options['kafka.bootstrap.servers'], 'k1:9092')
  assert.equal(query.outputMode, 'update')
  assert.equal(query.options['checkpointLocation'], '/c/ams1/h-1')
  assert.equal(query.options['kafka.acks'], 'all')
})
