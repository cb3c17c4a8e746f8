import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Watermark } from '../model/pane.ts'
import { SourceTable } from './source-table.ts'

const COUNTS = { rows: 0, late: 0, skewed: 0, rejected: 0 }
const said = (watermark: number, given: Partial<Watermark> = {}): Watermark => ({
  ...{ v: 1, site: 'ams1', partition: 0, of: 1, watermark, at: watermark },
  ...COUNTS,
  ...given,
})
const way = (lane: number, watermark: number, since?: number) =>
  said(watermark, { lane, lanes: 2, ...(since !== undefined && { since }) })

test('[P6] a source has come as far as the slowest way of its panes', () => {
  const table = new SourceTable(30_000)

  table.hear(way(0, 5000))
  const alone = table.watermark('ams1')
  table.hear(way(1, 3000))
  const both = table.watermark('ams1')
  table.hear(way(1, 9000))

  assert.deepEqual([alone, both, table.watermark('ams1')], [-Infinity, 3000, 5000])
})

test('[V2] a source of which one way stands still falls silent', () => {
  const table = new SourceTable(30_000)
  table.tick(1000, 1)
  table.hear(way(0, 1000))
  table.hear(way(1, 1000))

  for (let s = 2; s < 40; s++) {
    table.tick(s * 1000, 1)
    table.hear(way(0, s * 1000))
  }

  assert.equal(table.isDark('ams1'), true)
})

test('[V2] a source whose ways all speak is heard although it stands still', () => {
  const table = new SourceTable(30_000)
  table.tick(1000, 1)

  for (let s = 1; s < 40; s++) {
    table.tick(s * 1000, 1)
    for (const lane of [0, 1]) table.hear(way(lane, 1000))
  }

  assert.equal(table.isDark('ams1'), false)
})

test('[A74] a checkpoint keeps how far each way has come', () => {
  const table = new SourceTable(30_000)
  table.hear(way(0, 5000))
  table.hear(way(1, 3000))
  const later = new SourceTable(30_000)

  later.load(JSON.parse(JSON.stringify(table.dump())) as ReturnType<SourceTable['dump']>)
  later.hear(way(1, 9000))

  assert.equal(later.watermark('ams1'), 5000)
})

/** Silent for a minute after its watermark 1,000. */
function silenced(): SourceTable {
  const table = new SourceTable(30_000)
  table.tick(1000, 1)
  table.hear(said(1000, { since: 1000 }))
  for (let s = 2; s < 60; s++) table.tick(s * 1000, 1)
  assert.equal(table.isDark('ams1'), true)
  return table
}

const covered = (table: SourceTable) =>
  table.coverage('ams1', { start: 30_000, end: 40_000, closesAt: 41_000 }).missing

test('[V2] a link that was cut leaves no darkness where the site says that it watched', () => {
  const cut = silenced()
  const dark = silenced()

  cut.hear(said(60_000, { since: 1000 }))
  dark.hear(said(60_000, { since: 60_000 }))

  assert.deepEqual([covered(cut), covered(dark)], [[], ['ams1']])
})

test('[V2] a site that is expected and never spoke is missing once it is absent', () => {
  const table = new SourceTable(30_000, ['ams1', 'lyo1', 'waw1'])
  table.tick(1000, 1)
  for (let s = 1; s < 40; s++) {
    table.tick(s * 1000, 1)
    table.hear(said(s * 1000))
    table.hear(said(s * 1000, { site: 'lyo1' }))
  }

  const coverage = table.coverage('all', { start: 1000, end: 11_000, closesAt: 12_000 })

  assert.deepEqual(coverage.missing, ['waw1'])
  assert.deepEqual(coverage.sites, { expected: 3, reported: 2 })
  assert.equal(table.watermark('all'), 39_000)
})

test('[V1] a site that is expected holds the windows of all until it was absent', () => {
  const table = new SourceTable(30_000, ['ams1', 'lyo1'])
  table.tick(1000, 1)

  table.hear(said(9000))

  assert.equal(table.watermark('all'), -Infinity)
})
