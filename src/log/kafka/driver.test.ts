import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import * as driver from '@platformatic/kafka'
import { NocturneError } from '../../model/nocturne-error.ts'
import { BrokerConnection, requests } from './driver.ts'
import { Peer, versionsBody, type Answers } from './peer.suite.ts'

const LIMITS = { connectMs: 5_000, requestMs: 5_000 }
const FETCH = 1
const HEARTBEAT = 12
const VERSIONS = 18
const METADATA = 3

async function peerOf(t: TestContext, answers: Answers): Promise<Peer> {
  const peer = await Peer.listening(answers)
  t.after(() => peer.close())
  return peer
}

async function connectedTo(t: TestContext, peer: Peer, limits = LIMITS): Promise<BrokerConnection> {
  const connection = await BrokerConnection.open(peer.address, {}, limits)
  t.after(() => connection.close())
  return connection
}

const coded = (code: string) => (error: unknown) =>
  error instanceof NocturneError && error.code === code

/** The answer to a Heartbeat, version 4. */
const beat = (code: number): Uint8Array =>
  driver.Writer.create().appendInt32(0).appendInt16(code).appendTaggedFields().buffer

const heartbeat = (connection: BrokerConnection) =>
  connection.ask(requests.heartbeat, 'g', 1, 'm', null)

test('the driver is the one that everything here was tried with', async () => {
  const path = new URL('../package.json', import.meta.resolve('@platformatic/kafka'))

  const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string }

  assert.equal(version, '2.12.1')
})

test('each request has the key and the version that we speak', () => {
  const spoken = Object.entries(requests).map(([name, { key, version }]) => [name, key, version])

  assert.deepEqual(spoken, [
    ['metadata', 3, 12],
    ['findCoordinator', 10, 4],
    ['createTopics', 19, 7],
    ['deleteTopics', 20, 6],
    ['describeConfigs', 32, 4],
    ['initProducerId', 22, 4],
    ['listOffsets', 2, 7],
    ['joinGroup', 11, 9],
    ['syncGroup', 14, 5],
    ['heartbeat', 12, 4],
    ['leaveGroup', 13, 5],
    ['offsetCommit', 8, 8],
    ['offsetFetch', 9, 8],
    ['listGroups', 16, 4],
  ])
  const { apiVersionsV3, produceV9, fetchV13 } = driver
  const others = [apiVersionsV3, produceV9, fetchV13].map(({ api }) => [api.key, api.version])
  assert.deepEqual(others, [
    [18, 3],
    [0, 9],
    [1, 13],
  ])
  assert.equal(typeof produceV9.parseResponse, 'function')
})

test('the driver has every symbol that we take from it', () => {
  const { connect, close, send, isConnected } = driver.Connection.prototype
  const { append } = driver.Writer.prototype

  for (const one of [connect, close, send, isConnected, append, driver.Writer.create]) {
    assert.equal(typeof one, 'function')
  }
})

test('an answer in many pieces arrives whole and in one', async (t) => {
  const body = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => i * 7))
  const peer = await peerOf(t, {
    [FETCH]: ({ socket }) => {
      const head = Buffer.alloc(9)
      head.writeInt32BE(body.length + 5, 0)
      head.writeInt32BE(2, 4)
      const frame = Buffer.concat([head, body])
      const sizes = [1, 2, 3, 1, 1, 1, 7, 1_000]
      const send = (at: number, turn: number): void => {
        if (at >= frame.length) return
        const next = at + (sizes[turn] ?? 65_000)
        socket.write(frame.subarray(at, next), () => setImmediate(send, next, turn + 1))
      }
      send(0, 0)
    },
  })
  const connection = await connectedTo(t, peer)

  const answer = await connection.fetch(new Uint8Array(10))

  assert.deepEqual(Buffer.from(answer), body)
})

test('what is asked goes out as it was given, in pieces or not', async (t) => {
  const came: Buffer[] = []
  const peer = await peerOf(t, {
    [FETCH]: ({ body, answer }) => {
      came.push(Buffer.from(body.buffer.buffer.subarray(body.position)))
      answer(new Uint8Array(1))
    },
    0: ({ body, answer }) => {
      came.push(Buffer.from(body.buffer.buffer.subarray(body.position)))
      answer(driver.Writer.create().appendUnsignedVarInt(1).appendInt32(0).appendInt8(0).buffer)
    },
  })
  const connection = await connectedTo(t, peer)
  // Views into the middle of something larger: their place in it must not be lost.
  const large = Uint8Array.from({ length: 64 }, (_, i) => i)

  await connection.fetch(large.subarray(10, 20))
  const answer = await connection.produce([large.subarray(0, 3), large.subarray(30, 33)])

  assert.deepEqual(came, [Buffer.from(large.subarray(10, 20)), Buffer.from([0, 1, 2, 30, 31, 32])])
  assert.deepEqual(answer.responses, [])
})

test('two requests under way are answered in their order', async (t) => {
  const waiting: (() => void)[] = []
  const peer = await peerOf(t, {
    [HEARTBEAT]: ({ answer }) => {
      const code = [0, 27][waiting.length] ?? 0
      waiting.push(() => answer(beat(code)))
      if (waiting.length === 2) for (const send of waiting) send()
    },
  })
  const connection = await connectedTo(t, peer)

  const codes = await Promise.all([heartbeat(connection), heartbeat(connection)])

  assert.deepEqual(
    codes.map(({ errorCode }) => errorCode),
    [0, 27],
  )
})

test('an answer with an error code is a value, and the connection stays', async (t) => {
  const peer = await peerOf(t, { [HEARTBEAT]: ({ answer }) => answer(beat(25)) })
  const connection = await connectedTo(t, peer)

  const { errorCode } = await heartbeat(connection)

  assert.deepEqual([errorCode, connection.isOpen], [25, true])
})

test('one partition’s error of an append leaves the answers of the others', async (t) => {
  const part = (w: driver.Writer, index: number, code: number): driver.Writer =>
    w
      .appendInt32(index)
      .appendInt16(code)
      .appendInt64(1n)
      .appendInt64(-1n)
      .appendInt64(0n)
      .appendUnsignedVarInt(1)
      .appendString(code === 0 ? null : 'no')
      .appendTaggedFields()
  const peer = await peerOf(t, {
    0: ({ answer }) => {
      const writer = driver.Writer.create().appendUnsignedVarInt(2).appendString('t')
      part(part(writer.appendUnsignedVarInt(3), 0, 0), 1, 19).appendTaggedFields()
      answer(writer.appendInt32(0).appendTaggedFields().buffer)
    },
  })
  const connection = await connectedTo(t, peer)

  const { responses } = await connection.produce([new Uint8Array(1)])

  const told = responses.flatMap(({ name, partitionResponses }) =>
    partitionResponses.map(({ index, errorCode, errorMessage }) => {
      return [name, index, errorCode, errorMessage]
    }),
  )
  assert.deepEqual(told, [
    ['t', 0, 0, null],
    ['t', 1, 19, 'no'],
  ])
})

test('a request without an answer in time is rejected, and its connection ends', async (t) => {
  const closed = Promise.withResolvers<void>()
  const peer = await peerOf(t, {
    [HEARTBEAT]: ({ socket }) => void socket.on('close', () => closed.resolve()),
  })
  const connection = await connectedTo(t, peer, { ...LIMITS, requestMs: 50 })

  const both = await Promise.allSettled([heartbeat(connection), connection.fetch(Buffer.alloc(1))])

  for (const one of both) {
    assert.ok(one.status === 'rejected' && coded('LOG_UNAVAILABLE')(one.reason))
  }
  assert.equal(connection.isOpen, false)
  await closed.promise
  await assert.rejects(heartbeat(connection), coded('LOG_UNAVAILABLE'))
})

test('a peer that hangs up rejects what was asked, and nothing crashes', async (t) => {
  const peer = await peerOf(t, { [HEARTBEAT]: ({ socket }) => void socket.resetAndDestroy() })
  const connection = await connectedTo(t, peer)

  await assert.rejects(heartbeat(connection), coded('LOG_UNAVAILABLE'))

  await assert.rejects(heartbeat(connection), coded('LOG_UNAVAILABLE'))
  assert.equal(connection.isOpen, false)
})

test('an answer that nobody asked for ends the connection, and nothing crashes', async (t) => {
  const peer = await peerOf(t, {
    [HEARTBEAT]: ({ socket }) =>
      void socket.write(driver.Writer.create().appendInt32(99).prependLength().buffer),
  })
  const connection = await connectedTo(t, peer)

  await assert.rejects(heartbeat(connection), coded('LOG_UNAVAILABLE'))
})

test('an answer that is no answer is rejected', async (t) => {
  const peer = await peerOf(t, { [HEARTBEAT]: ({ answer }) => answer(Uint8Array.of(1)) })
  const connection = await connectedTo(t, peer)

  await assert.rejects(heartbeat(connection), coded('LOG_UNAVAILABLE'))
})

test('closing rejects what is under way', async (t) => {
  const came = Promise.withResolvers<void>()
  const peer = await peerOf(t, { [HEARTBEAT]: () => came.resolve() })
  const connection = await connectedTo(t, peer)
  const asked = heartbeat(connection)
  await came.promise

  connection.close()

  await assert.rejects(asked, coded('LOG_UNAVAILABLE'))
})

test('a broker that lacks a version that we speak is refused with its name', async (t) => {
  const spoken = Object.values(requests).map(({ key, version }) => ({ key, max: version }))
  const listed = [
    [...spoken, { key: FETCH, max: 12 }, { key: 0, max: 9 }],
    spoken.filter(({ key }) => key !== METADATA),
  ]
  for (const [i, name] of ['API 1 ', 'API 3 '].entries()) {
    const peer = await peerOf(t, { [VERSIONS]: ({ answer }) => answer(versionsBody(listed[i]!)) })

    await assert.rejects(BrokerConnection.open(peer.address, {}, LIMITS), (error) => {
      assert.ok(coded('LOG_UNSUPPORTED')(error))
      return String(error).includes(name)
    })
  }
})

test('a port where nobody listens is a broker that is away', async (t) => {
  const peer = await peerOf(t, {})
  const { address } = peer
  peer.close()

  await assert.rejects(BrokerConnection.open(address, {}, LIMITS), coded('LOG_UNAVAILABLE'))
})

test('a peer that takes the connection and says nothing is given up', async (t) => {
  const peer = await peerOf(t, { [VERSIONS]: () => undefined })
  const limits = { ...LIMITS, requestMs: 50 }

  await assert.rejects(BrokerConnection.open(peer.address, {}, limits), coded('LOG_UNAVAILABLE'))
})

/** A server that does one thing with whatever comes first. */
async function plainServer(t: TestContext, reply: Uint8Array | undefined) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => (reply === undefined ? socket.destroy() : socket.end(reply)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

test('a broker that speaks TLS on a plain connection is told apart', async (t) => {
  // An alert record: this is what a TLS server answers to bytes that are no TLS.
  const address = await plainServer(t, Uint8Array.of(0x15, 3, 3, 0, 2, 2, 70))

  await assert.rejects(BrokerConnection.open(address, {}, LIMITS), coded('LOG_TLS_MISMATCH'))
})

test('a plain broker on a TLS connection is told apart, hung up or answered', async (t) => {
  for (const reply of [undefined, Buffer.from('no TLS here')]) {
    const address = await plainServer(t, reply)

    await assert.rejects(
      BrokerConnection.open(address, { tls: {} }, LIMITS),
      coded('LOG_TLS_MISMATCH'),
    )
  }
})

test('a secret that cannot be read is named, and nothing is connected to', async (t) => {
  const peer = await peerOf(t, {})
  const login = { mechanism: 'PLAIN', username: 'u', passwordFile: '/nowhere/password' } as const

  await assert.rejects(
    BrokerConnection.open(peer.address, { sasl: login }, LIMITS),
    coded('LOG_SECRET_UNREADABLE'),
  )

  assert.deepEqual(peer.asked, [])
})
