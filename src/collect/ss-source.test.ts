import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NocturneError } from '../model/nocturne-error.ts'
import { ReadingIntake } from './reading-intake.ts'
import { openReadingsLog, startAt, valuesOf } from './readings-log.suite.ts'
import { RecordBatch } from './record-batch.ts'
import { SsSource, type SsSourceOptions } from './ss-source.ts'

const T = startAt
const PEER = '203.0.113.77'

/** One dump of `ss`, or undefined where it fails. */
type Dump = readonly string[] | undefined
const row = (sk: string | undefined, values: string, peer = PEER): string =>
  `ESTAB 0 0 10.0.0.1:443 ${peer}:50211 ${sk === undefined ? '' : `sk:${sk}`} segs_out:1 ${values}`

async function polled(dumps: readonly Dump[], more: Partial<SsSourceOptions> = {}) {
  const stop = new AbortController()
  let now = T
  const sleeps: number[] = []
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      sleeps.push(ms)
      now += ms
      if (sleeps.length >= dumps.length) stop.abort()
    },
  }
  const log = await openReadingsLog(clock)
  const source = new SsSource({
    clock,
    site: 'ams1',
    intake: new ReadingIntake({ clock, partitions: 1, source: 'ss' }),
    batch: new RecordBatch(log),
    run: async () => {
      const dump = dumps[sleeps.length]
      if (dump === undefined) throw new NocturneError('COLLECT_SS_FAILED', 'ss is not installed')
      return dump.join('\n')
    },
    filter: {},
    rules: [],
    nameKey: 'key',
    ...more,
  })
  await source.run(stop.signal)
  const texts = await valuesOf(log, 'readings')
  const rows = texts.map((text): Readonly<Record<string, unknown>> => JSON.parse(text))
  await log.close()
  return { rows, sleeps, source }
}

test('[C1] two polls of a connection become one reading of what it did between', async () => {
  const { rows, source } = await polled([
    [row('1f', 'rtt:6/1 bytes_sent:1000 data_segs_out:10')],
    [
      row('1f', 'rtt:7.289/1 minrtt:6.1 cwnd:9 bytes_sent:5000 bytes_retrans:800') +
        ' data_segs_out:20 retrans:0/2 delivery_rate 1337952bps',
    ],
  ])

  assert.deepEqual(rows, [
    {
      v: 1,
      ts: T + 1000,
      site: 'ams1',
      stream: 'tcp-443',
      session: 'ams1.1f',
      src: 'tcp',
      conn: 'ams1.1f',
      retrans: 2,
      segs_out: 10,
      bytes_sent: 4000,
      bytes_retrans: 800,
      dsack_dups: 0,
      rtt_ms: 7.289,
      min_rtt_ms: 6.1,
      rtt_ratio: 1.195,
      cwnd: 9,
      delivery_rate_kbps: 1337.952,
      span_ms: 1000,
    },
  ])
  assert.equal(source.appendedTo(), T + 1000)
  assert.equal(source.health.pollCount, 2)
})

test('an idle socket gives no reading, so silence shows', async () => {
  const idle = [row('1f', 'rtt:6/1 bytes_sent:1000 data_segs_out:10')]

  assert.deepEqual((await polled([idle, idle, idle])).rows, [])
})

test('a delivery rate that the sender limited itself is unknown', async () => {
  const { rows } = await polled([
    [],
    [row('1f', 'bytes_sent:9 data_segs_out:1 delivery_rate 9bps app_limited')],
  ])

  assert.equal(rows.length, 1)
  assert.equal('delivery_rate_kbps' in (rows[0] ?? {}), false)
})

test('no address of a viewer leaves, with a cookie or without', async () => {
  const mapped = `[::ffff:${PEER}]`
  const { rows } = await polled([
    [],
    [
      row('1f', 'bytes_sent:9 data_segs_out:1'),
      row(undefined, 'bytes_sent:9 data_segs_out:1'),
      row(undefined, 'bytes_sent:9 data_segs_out:1', mapped).replace(':50211', ':50212'),
      row(undefined, 'bytes_sent:9 data_segs_out:1', '[2001:db8::77]'),
    ],
  ])

  assert.equal(rows.length, 4)
  assert.equal(new Set(rows.map((each) => each['conn'])).size, 4)
  assert.doesNotMatch(JSON.stringify(rows), /203\.0|db8|50211/)
})

test('a failing ss is counted and tried ever less often, and its time stands', async () => {
  const good = [row('1f', 'bytes_sent:1000 data_segs_out:1')]
  const dumps = [good, undefined, undefined, undefined]

  const { sleeps, source } = await polled(dumps)

  assert.deepEqual(sleeps, [1000, 2000, 4000, 8000])
  assert.equal(source.health.failureCount, 3)
  assert.match(source.health.reason ?? '', /ss is not installed/)
  assert.equal(source.appendedTo(), T)
})

test('[C2] what happened while ss failed is spread over the gap, nothing lost', async () => {
  const { rows, source } = await polled([
    [row('1f', 'bytes_sent:1000 data_segs_out:1')],
    undefined,
    [row('1f', 'bytes_sent:1010 data_segs_out:11')],
  ])

  assert.deepEqual(
    rows.map((each) => [each['ts'], each['bytes_sent'], each['spread']]),
    [
      [T + 1000, 4, 1],
      [T + 2000, 3, 1],
      [T + 3000, 3, 1],
    ],
  )
  assert.equal(source.health.reason, undefined)
})

test('a filter and rules say which connections are read and what their streams are', async () => {
  const both = [
    row('1', 'bytes_sent:9 data_segs_out:1'),
    row('2', 'bytes_sent:9 data_segs_out:1').replace('10.0.0.1:443', '10.0.0.1:22'),
  ]

  const { rows } = await polled([[], both], {
    filter: { ports: [443] },
    rules: [{ port: 443, address: '203.0.113.0/24', stream: 'arena-1' }],
  })

  assert.deepEqual(
    rows.map((each) => each['stream']),
    ['arena-1'],
  )
})
