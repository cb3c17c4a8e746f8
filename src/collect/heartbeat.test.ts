import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Text } from '../std/bytes.ts'
import { beatEverySecond, beatRecords } from './heartbeat.ts'
import { openReadingsLog, startAt, valuesOf } from './readings-log.suite.ts'

const T = startAt

/** Beats once for each time in the list; a list is what each input says in turn. */
async function beaten(times: readonly (readonly (number | undefined)[])[]): Promise<string[][]> {
  const stop = new AbortController()
  let turn = 0
  const clock = {
    now: () => T + turn * 1000,
    sleep: async () => {
      turn++
      if (turn >= times.length) stop.abort()
    },
  }
  const log = await openReadingsLog(clock, { partitions: 3 })
  const inputs = (times[0] ?? []).map((_, i) => ({
    appendedTo: () => times[turn]?.[i],
    backlogBytes: () => 7,
  }))
  const options = { log, clock, site: 'ams1', collector: 'ss@edge-2', partitions: 3, inputs }
  await beatEverySecond(options, stop.signal)
  const texts: string[][] = []
  for (const partition of [0, 1, 2]) texts.push(await valuesOf(log, 'readings', partition))
  await log.close()
  return texts
}

test('[W10] every second each partition is told up to when all inputs are appended', async () => {
  const texts = await beaten([
    [T, T + 500],
    [T + 1000, T + 700],
  ])

  const rest = '"stream":"-","collector":"ss@edge-2","src":"beat","backlog":14}'
  const beat = (ts: number) => `{"v":1,"ts":${ts},"site":"ams1",${rest}`
  assert.deepEqual(texts, Array(3).fill([beat(T), beat(T + 700)]))
})

test('[W10] a heartbeat never moves back; there is none while an input cannot say', async () => {
  const texts = await beaten([[undefined], [T], [T - 5000], [undefined], [T + 1000]])

  const times = texts[0]?.map((text) => /"ts":(\d+)/.exec(text)?.[1])
  assert.deepEqual(times, [`${T}`, `${T}`, `${T + 1000}`])
})

test('the last heartbeat of a recording names the last row’s time', () => {
  const beat = { ts: T, site: 's', collector: 'replay', backlogBytes: 0, finalAt: T - 9 }

  const records = beatRecords(beat, 2)

  assert.deepEqual(
    records.map((record) => record.partition),
    [0, 1],
  )
  assert.match(
    utf8Text(records[0]?.value ?? new Uint8Array(0)),
    /"src":"beat","final":1795383156991,"backlog":0}/,
  )
})
