import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reading } from '../../model/reading.ts'
import { matchNight } from './match-night.ts'
import { nightAudience } from './night-audience.ts'
import { nightFaultAt, nightFaults, nightSites, type NightFault } from './night-faults.ts'

const night = { seed: 7, startAt: 1_795_383_000_000 }
const generator = matchNight(night)
const rowsBetween = (fromAt: number, untilAt: number): Reading[] => {
  const rows: Reading[] = []
  for (let at = fromAt; at < untilAt; at += 1000) {
    rows.push(...generator.second((at - night.startAt) / 1000).rows)
  }
  return rows
}
const sum = (rows: readonly Reading[], field: string): number =>
  rows.reduce((total, row) => total + Number(row[field] ?? 0), 0)
const faults = nightFaults(night, night.startAt + 450_000)
const faultOf = (kind: NightFault['kind']): NightFault => {
  const found = faults.find((fault) => fault.kind === kind)
  assert.ok(found)
  return found
}
/** Rows where and while the fault is, and of the same place in the seconds before. */
const aroundOf = (fault: NightFault) => {
  const isThere = (row: Reading) =>
    row.site === fault.site &&
    (fault.pop === undefined || row.pop === fault.pop) &&
    (fault.stream === undefined || row.stream === fault.stream)
  return {
    during: rowsBetween(fault.startAt, fault.endAt).filter(isThere),
    before: rowsBetween(fault.startAt - 5_000, fault.startAt).filter(isThere),
  }
}
const share = (rows: readonly Reading[], is: (row: Reading) => boolean): number =>
  rows.filter(is).length / rows.length

test('the same seed gives the same rows, another seed others', () => {
  const again = matchNight(night)
  const other = matchNight({ ...night, seed: 8 })

  assert.deepEqual(again.second(42), generator.second(42))
  assert.notDeepEqual(other.second(42), generator.second(42))
})

test('every row is marked as simulated, lies in its second and is in order of event time', () => {
  const { startAt, endAt, rows } = generator.second(1800)

  assert.equal(
    rows.every((row) => row.simulated === 1 && row.site?.startsWith('sim-')),
    true,
  )
  assert.equal(
    rows.every((row) => row.ts >= startAt && row.ts < endAt),
    true,
  )
  assert.deepEqual(
    rows.map((row) => row.ts),
    rows.map((row) => row.ts).toSorted((a, b) => a - b),
  )
})

test('three sites and 200 channels send about 2,000 rows a second at the greatest audience', () => {
  const late = nightFaults(night, night.startAt + 75 * 60_000)
  const from = late.findLast((fault) => fault.kind === 'retransmit-storm')?.startAt ?? 0
  const rows = rowsBetween(from, from + 8_000)

  assert.equal(Math.abs(rows.length / 8 - 2_000) < 200, true, `${rows.length / 8}`)
  assert.equal(new Set(rows.map((row) => `${row.site} ${row.stream}`)).size, 600)
})

test('the audience rises to the kick-off, leaves at half time and after the final whistle', () => {
  const at = (minute: number) => nightAudience(minute * 60_000)

  assert.equal(at(0) < at(25) && at(25) < at(40), true)
  assert.equal(at(82) < at(70) && at(82) < at(100), true)
  assert.equal(at(170) < at(130), true)
  assert.equal(nightAudience(210 * 60_000), at(0))
})

test('the first fault begins five seconds after the start, and all six kinds come by', () => {
  assert.equal(faults[0]?.startAt, night.startAt + 5_000)
  assert.equal(new Set(faults.map((fault) => fault.kind)).size, 6)
  assert.equal(nightFaultAt(night, night.startAt + 4_999), undefined)
  assert.deepEqual(nightFaultAt(night, night.startAt + 5_000), faults[0])
  assert.equal(nightFaultAt(night, faults[0]?.endAt ?? 0), undefined)
})

test('a retransmit storm shows in the sockets of one channel at one pop', () => {
  const { during, before } = aroundOf(faultOf('retransmit-storm'))
  const ratio = (rows: readonly Reading[]) => sum(rows, 'bytes_retrans') / sum(rows, 'bytes_sent')

  assert.equal(ratio(during) > 0.05, true)
  assert.equal(ratio(before) < 0.005, true)
  assert.equal(sum(during, 'retrans') > 400, true)
})

test('a silent channel sends nothing at its site while the site goes on', () => {
  const fault = faultOf('silent-channel')
  const { during, before } = aroundOf(fault)

  assert.equal(during.length, 0)
  assert.equal(before.length > 10, true)
  const site = rowsBetween(fault.startAt, fault.startAt + 1000)
  assert.equal(
    site.some((row) => row.site === fault.site),
    true,
  )
})

test('a burst of HTTP errors shows in the requests of its place', () => {
  const { during, before } = aroundOf(faultOf('http-errors'))
  const isRequest = (row: Reading) => row.src === 'http'
  const isError = (row: Reading) => Number(row.status) >= 500

  assert.equal(share(during.filter(isRequest), isError) > 0.2, true)
  assert.equal(share(before.filter(isRequest), isError), 0)
})

test('latency inflation shows in the round trips of its place', () => {
  const { during, before } = aroundOf(faultOf('latency-inflation'))
  const isInflated = (row: Reading) => Number(row.rtt_ms) / Math.max(Number(row.min_rtt_ms), 5) > 6

  assert.equal(
    share(
      during.filter((row) => row.src === 'tcp'),
      isInflated,
    ),
    1,
  )
  assert.equal(
    share(
      before.filter((row) => row.src === 'tcp'),
      isInflated,
    ),
    0,
  )
})

test('late segments show in the requests and stall the players of their place', () => {
  const { during, before } = aroundOf(faultOf('late-segments'))
  const isLate = (row: Reading) => Number(row.transfer_ms) > Number(row.object_ms)

  assert.equal(
    share(
      during.filter((row) => row.src === 'http'),
      isLate,
    ) > 0.3,
    true,
  )
  assert.equal(
    share(
      before.filter((row) => row.src === 'http'),
      isLate,
    ),
    0,
  )
  assert.equal(sum(during, 'stall_ms') > 0, true)
  assert.equal(sum(before, 'stall_ms'), 0)
})

test('a dead site has no rows and is named as dead, the others go on', () => {
  const fault = faultOf('dead-site')
  const second = generator.second((fault.startAt - night.startAt) / 1000)

  assert.deepEqual(second.deadSites, [fault.site])
  assert.deepEqual(
    new Set(second.rows.map((row) => row.site)),
    new Set(nightSites.filter((site) => site !== fault.site)),
  )
  assert.deepEqual(generator.second((fault.endAt - night.startAt) / 1000).deadSites, [])
})
