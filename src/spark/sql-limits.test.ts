import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monitor, rule } from '../../test/rig/monitor.ts'
import type { Expression } from '../model/expression.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import type { SparkSpec } from './spark-spec.ts'
import { sqlLimits, type LimitsGiven } from './sql-limits.ts'

const spec: SparkSpec = {
  address: { host: 'spark', port: 15_002 },
  sites: ['ams1'],
  checkpoints: '/checkpoints',
  triggerMs: 1000,
  rowsPerBatchMax: 200_000,
  shufflePartitions: 8,
  spreadMs: 10_000,
  rates: [1],
  kafkaOptions: {},
}

/** Findings beyond those that every site has, as `severity monitor: message`. */
function found(given: Partial<LimitsGiven>): readonly string[] {
  const all = { monitors: [monitor()], spec, partitions: 8, ownSite: 'ams1' }
  const always = sqlLimits(all).map(({ message }) => message)
  return sqlLimits({ ...all, ...given })
    .filter(({ message }) => !always.includes(message))
    .map(({ severity, monitor: id = '-', message }) => `${severity} ${id}: ${message}`)
}

const sliced = (id: string, hopMs: number): MonitorSpec => {
  const { window } = monitor()
  return monitor({ id, window: { ...window, sizeMs: hopMs * 2, hopMs } })
}

test('[Z6] every site is told what Spark does differently, and nothing else of a usual one', () => {
  const findings = sqlLimits({ monitors: [monitor()], spec, partitions: 8, ownSite: 'ams1' })

  assert.deepEqual(
    findings.map(({ severity, monitor: id }) => [severity, id]),
    Array.from({ length: 4 }, () => ['warning', undefined]),
  )
  assert.ok(findings.every(({ message, advice }) => message !== '' && advice !== ''))
})

test('[Z6] slices that fit together too seldom are refused at the monitor where they do', () => {
  assert.deepEqual(found({ monitors: [sliced('a', 4000), sliced('b', 3000)] }), [])
  assert.deepEqual(found({ monitors: [sliced('a', 7000), sliced('b', 9000), sliced('c', 1000)] }), [
    'error b: its slices of 9000 ms and those before it fit together once in 63000 ms',
  ])
})

test('[Z6] more monitors or partitions than were measured are refused', () => {
  const monitors = Array.from({ length: 33 }, (_, i) => monitor({ id: `m${i}` }))

  assert.deepEqual(found({ monitors, partitions: 65 }), [
    'error -: 33 monitors are more than one query of Spark is known to carry',
    'error -: readings has 65 partitions, and Spark is asked for each of them',
  ])
})

test('[Z6] a field is read as one kind by all monitors', () => {
  const sum = { name: 'sum', kind: 'sum', field: 'x', digits: 3 } as const
  const monitors = [
    monitor({ id: 'a', groupBy: ['x'], aggregates: [] }),
    monitor({ id: 'b', aggregates: [sum] }),
  ]

  assert.deepEqual(found({ monitors }), ['error b: reads x as number, and a reads it as text'])
})

test('[Z6] distinct counts need rates, and rates are such as rows may have', () => {
  assert.deepEqual(found({ spec: { ...spec, rates: [] } }), [
    'error m: counts distinct values, and spark.rates does not say at which rates rows come',
  ])
  assert.deepEqual(found({ spec: { ...spec, rates: [1, 0] } }), [
    'error -: a rate of 0 is none that a row may have',
  ])
  const rates = Array.from({ length: 9 }, (_, i) => 1 / (i + 1))
  assert.deepEqual(found({ spec: { ...spec, rates } }), [
    'warning -: 9 rates make as many sketches of every distinct count',
  ])
})

test('[Z6] a site has one query, and rows without a site need one', () => {
  assert.deepEqual(found({ spec: { ...spec, sites: ['b', 'b'] } }), [
    'error -: spark.sites names b twice',
    'warning -: spark.sites lacks ams1, so rows that name no site are refused',
  ])
})

test('[Z6] an early rule is told that it waits for the batch', () => {
  const early = monitor({ rules: [rule({ alert: 'A', early: true })] })

  assert.deepEqual(found({ monitors: [early] }), [
    'warning m: emit of 200 ms is below spark.trigger of 1000 ms',
  ])
  assert.deepEqual(found({ monitors: [early], spec: { ...spec, triggerMs: 200 } }), [])
})

test('[Z6] a row test that is nested deeper than Spark reads safely is refused', () => {
  const name: Expression = { op: 'name', name: 'x' }
  let where: Expression = { op: '>', left: name, right: { op: 'number', value: 1 } }
  for (let i = 1; i < 64; i++) where = { op: '!', operand: where }

  assert.deepEqual(found({ monitors: [monitor({ where })] }), [])
  assert.deepEqual(found({ monitors: [monitor({ where: { op: '!', operand: where } })] }), [
    'error m: a row test of it is nested 65 deep, and Spark reads text by recursion',
  ])
})
