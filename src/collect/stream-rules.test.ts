import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SsSocket } from '../wire/ss/ss-text.ts'
import { socketFilter, streamNaming } from './stream-rules.ts'

const socket = (local: [string, number], peer = '198.51.100.7', state = 'ESTAB'): SsSocket => ({
  state,
  local: { address: local[0], port: local[1] },
  peer: { address: peer, port: 50_000 },
  sk: undefined,
  counters: undefined,
})

test('the first rule that fits names the stream, else the local port does', () => {
  const nameOf = streamNaming([
    { port: 443, address: '198.51.100.0/24', stream: 'arena-1' },
    { port: 443, stream: 'web' },
    { address: '2001:db8::/32', stream: 'six' },
  ])

  assert.equal(nameOf(socket(['10.0.0.1', 443])), 'arena-1')
  assert.equal(nameOf(socket(['10.0.0.1', 443], '203.0.113.5')), 'web')
  assert.equal(nameOf(socket(['10.0.0.1', 80], '2001:db8::9')), 'six')
  assert.equal(nameOf(socket(['10.0.0.1', 8080])), 'tcp-8080')
})

test('an outgoing connection is known by where it leads, not by its passing port', () => {
  const nameOf = streamNaming([])

  const outgoing = socket(['10.0.0.1', 48_211])
  assert.equal(nameOf({ ...outgoing, peer: { ...outgoing.peer, port: 9092 } }), 'tcp-to-9092')
  assert.equal(nameOf(outgoing), 'tcp-other')
})

test('a filter takes local ports, local addresses and states', () => {
  const takes = socketFilter({ ports: [443], addresses: ['10.0.0.1', '::1'], states: ['ESTAB'] })

  assert.equal(takes(socket(['10.0.0.1', 443])), true)
  assert.equal(takes(socket(['::1', 443])), true)
  assert.equal(takes(socket(['10.0.0.2', 443])), false)
  assert.equal(takes(socket(['10.0.0.1', 80])), false)
  assert.equal(takes(socket(['10.0.0.1', 443], '198.51.100.7', 'TIME-WAIT')), false)
  assert.equal(socketFilter({})(socket(['10.0.0.2', 1])), true)
})

for (const prefix of ['10.0.0.0/33', 'home', '10.0.0.1/', '::/129', '10.0.0.0/x']) {
  test(`COLLECT_ADDRESS_INVALID names the prefix ${prefix}`, () => {
    const rules = [{ address: prefix, stream: 'x' }]

    assert.throws(() => streamNaming(rules), { code: 'COLLECT_ADDRESS_INVALID' })
  })
}
