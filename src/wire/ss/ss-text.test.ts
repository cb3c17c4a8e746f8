import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { parseSs, type SsSocket } from './ss-text.ts'

const ONE_LINE = [
  'ESTAB 0      0      127.0.0.1:35697 127.0.0.1:45674 ino:14115 sk:3 cgroup:/ <-> ts sack bbr' +
    ' rto:200 rtt:0.026/0.013 ato:40 mss:32768 cwnd:10 bytes_received:1800000 segs_out:37' +
    ' segs_in:56 bbr:(bw:0bps,mrtt:0.026) send 100824615385bps delivered:1 app_limited minrtt:0.02',
  'ESTAB 0 4380 203.0.113.9%eth0:443 [::ffff:198.51.100.7]:50211 sk:1f2a cubic rtt:7.289/1.2' +
    ' cwnd:9 bytes_sent:403746 bytes_retrans:17376 segs_out:301 data_segs_out:278 send 10.4Mbps' +
    ' pacing_rate 1.2Mbps delivery_rate 1337952bps busy:11429ms rwnd_limited:661ms(5.8%)' +
    ' retrans:2/12 dsack_dups:1 lost:2 minrtt:6.1',
  'ESTAB 0 0 [fe80::1%eth0]:443 [2001:db8::7]:1024 cubic rtt:1/2 segs_out:3 delivery_rate 2.5Gbps',
  'LISTEN 0 128 0.0.0.0:2024 *:* ino:1076 sk:1 cgroup:/ <-> bbr cwnd:10',
  'TIME-WAIT 0 0 192.0.2.2:39076 203.0.113.80:80 timer:(timewait,56sec,0) ino:0 sk:2',
].join('\n')

const TWO_LINES = [
  'State  Recv-Q Send-Q  Local Address:Port  Peer Address:PortProcess',
  'ESTAB  0  0  10.0.0.1:443  10.0.0.2:5000 users:(("my (odd server",pid=7,fd=3)) sk:b <-> tos:0',
  '\t skmem:(r0,rb1,t0) cubic rtt:1.5/0.2 cwnd:4 bytes_sent:10 segs_out:2 data_segs_out:1',
  'TIME-WAIT  0  0  10.0.0.1:443  10.0.0.2:5001 timer:(timewait,6.730ms,0) ino:0 sk:d',
  '\t  ',
  '',
].join('\n')

const at = (sockets: readonly SsSocket[], index: number): SsSocket => {
  const socket = sockets[index]
  assert.ok(socket)
  return socket
}

test('ss rows on one line read into ends, cookie and counters', () => {
  const { sockets, badLineCount, badValueCount } = parseSs(ONE_LINE)

  assert.deepEqual([sockets.length, badLineCount, badValueCount], [5, 0, 0])
  assert.deepEqual(at(sockets, 1), {
    state: 'ESTAB',
    local: { address: '203.0.113.9', port: 443 },
    peer: { address: '198.51.100.7', port: 50211 },
    sk: '1f2a',
    counters: {
      retrans: 12,
      segsOut: 278,
      bytesSent: 403746,
      bytesRetrans: 17376,
      dsackDups: 1,
      rttMs: 7.289,
      minRttMs: 6.1,
      cwnd: 9,
      deliveryRateKbps: 1337.952,
      isAppLimited: false,
    },
  })
  assert.deepEqual(at(sockets, 2).local, { address: 'fe80::1', port: 443 })
  assert.deepEqual(at(sockets, 2).peer, { address: '2001:db8::7', port: 1024 })
  assert.equal(at(sockets, 2).counters?.deliveryRateKbps, 2_500_000)
})

test('a connection that sent nothing has sent 0, and nothing is known of its delivery rate', () => {
  const { counters } = at(parseSs(ONE_LINE).sockets, 0)

  assert.equal(counters?.bytesSent, 0)
  assert.equal(counters?.segsOut, 0)
  assert.equal(counters?.retrans, 0)
  assert.equal(counters?.isAppLimited, true)
  assert.equal(counters?.deliveryRateKbps, undefined)
})

test('a kernel that counts segments but no bytes leaves the bytes unknown', () => {
  const { sockets } = parseSs('ESTAB 0 0 10.0.0.1:1 10.0.0.2:2 rtt:1/1 segs_out:9 data_segs_out:5')

  assert.equal(at(sockets, 0).counters?.segsOut, 5)
  assert.equal(at(sockets, 0).counters?.bytesSent, undefined)
})

test('sockets that carry no data have no counters', () => {
  const { sockets } = parseSs(ONE_LINE)

  assert.equal(at(sockets, 3).counters, undefined)
  assert.deepEqual(at(sockets, 3).peer, { address: '*', port: undefined })
  assert.equal(at(sockets, 4).counters, undefined)
})

test('the older form with a header and an info line below reads alike', () => {
  const { sockets, badLineCount } = parseSs(TWO_LINES)

  assert.equal(badLineCount, 0)
  assert.deepEqual(
    sockets.map((socket) => [socket.state, socket.sk]),
    [
      ['ESTAB', 'b'],
      ['TIME-WAIT', 'd'],
    ],
  )
  assert.equal(at(sockets, 0).counters?.bytesSent, 10)
  assert.equal(at(sockets, 0).counters?.rttMs, 1.5)
  assert.equal(at(sockets, 1).counters, undefined)
})

test('a dump filtered to one state has no state column', () => {
  const { sockets } = parseSs('0 0 10.0.0.1:443 10.0.0.2:2 sk:9 rtt:1/1 segs_out:9 bytes_sent:7')

  assert.equal(at(sockets, 0).state, undefined)
  assert.equal(at(sockets, 0).counters?.bytesSent, 7)
})

test('a value that cannot be read is dropped and counted, its line is kept', () => {
  const text = 'ESTAB 0 0 10.0.0.1:443 10.0.0.2:2 rtt:x/1 cwnd:9 segs_out:1 retrans:1/y\nnonsense'

  const { sockets, badLineCount, badValueCount } = parseSs(text)

  assert.deepEqual([sockets.length, badLineCount, badValueCount], [1, 1, 2])
  assert.equal(at(sockets, 0).counters?.cwnd, 9)
  assert.equal(at(sockets, 0).counters?.rttMs, undefined)
  assert.equal(at(sockets, 0).counters?.retrans, undefined)
})

test('any text reads without failing', () => {
  const word = fc.constantFrom(
    'ESTAB',
    '0',
    '10.0.0.1:4',
    '[::1]:9',
    'rtt:1/2',
    '((',
    '"',
    ':',
    '\n',
  )
  const texts = fc.oneof(
    fc.string(),
    fc.array(word).map((words) => words.join(' ')),
  )

  fc.assert(fc.property(texts, (text) => parseSs(text).badValueCount >= 0))
})

/** The same counts by another method: patterns over the raw text, one kernel after the other. */
const countIn = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0
const sumIn = (text: string, pattern: RegExp): number =>
  Array.from(text.matchAll(pattern)).reduce((sum, found) => sum + Number(found[1]), 0)

for (const kernel of ['4_19_319', '5_15_164', '6_10_3']) {
  const file = `../derived/data/ss/linux-${kernel}-100-sockets.txt.gz`
  const skip = existsSync(file) ? false : `${file} is not on this machine`
  test(`the dump of kernel ${kernel} reads whole`, { skip }, () => {
    const text = gunzipSync(readFileSync(file)).toString()

    const { sockets, badLineCount, badValueCount } = parseSs(text)

    assert.deepEqual([badLineCount, badValueCount], [0, 0])
    for (const state of ['ESTAB', 'LISTEN', 'TIME-WAIT']) {
      const read = sockets.filter((socket) => socket.state === state)
      assert.equal(read.length, countIn(text, new RegExp(`^${state}\\b`, 'gm')), state)
      assert.equal(
        read.every((socket) => (socket.counters !== undefined) === (state === 'ESTAB')),
        true,
      )
    }
    const sum = (pick: (socket: SsSocket) => number | undefined) =>
      sockets.reduce((total, socket) => total + (pick(socket) ?? 0), 0)
    assert.equal(
      sum((s) => s.counters?.bytesSent),
      sumIn(text, / bytes_sent:(\d+)/g),
    )
    assert.equal(
      sum((s) => s.counters?.segsOut),
      sumIn(text, / data_segs_out:(\d+)/g),
    )
    assert.equal(
      sum((s) => (s.counters?.isAppLimited ? 1 : 0)),
      countIn(text, / app_limited /g),
    )
    assert.equal(new Set(sockets.map((s) => s.sk)).size, new Set(text.match(/ sk:\w+/g)).size)
    const ssh = sockets.find((s) => s.local.address === '10.0.2.15' && s.local.port === 22)
    assert.equal(ssh?.peer.address, '10.0.2.2')
  })
}
