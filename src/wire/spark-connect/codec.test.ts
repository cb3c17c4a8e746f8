import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { decodeMessage, encodeMessage } from './codec.ts'
import { messages, type MessageName, type MessageOf } from './messages.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

const names = Object.keys(messages).filter((name): name is MessageName => name in messages)
const tables: Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>> =
  messages

/** Some of the messages as another writer and reader has them. */
const proto = protobuf.parse(`syntax = "proto3";
message Relation {
  RelationCommon common = 1;
  oneof rel_type { Read read = 2; SQL sql = 10; CollectMetrics metrics = 29; Mark mark = 33; }
}
message RelationCommon { optional int64 plan_id = 2; }
message SQL { string query = 1; }
message CollectMetrics { Relation input = 1; string name = 2; repeated Expression metrics = 3; }
message Mark { Relation input = 1; string event_time = 2; string delay_threshold = 3; }
message Expression { Text expression_string = 4; message Text { string expression = 1; } }
message Read { DataSource data_source = 2; bool is_streaming = 3; }
message DataSource {
  optional string format = 1; optional string schema = 2;
  map<string, string> options = 3; repeated string paths = 4; repeated int64 unknown = 9;
}
message Answer {
  Command command = 9; string operation_id = 12; string response_id = 13;
  string server_side_session_id = 15; double unknown_double = 16; fixed32 unknown_word = 17;
  message Command { Status status = 2; }
  message Status { string message = 1; bool has_data = 2; bool is_busy = 3; bool is_active = 4; }
}
message Details { optional int32 root = 1; repeated Detail errors = 2; }
message Detail { repeated string types = 1; string message = 2; optional int32 cause = 4; }
`).root

const theirBytes = (name: string, value: object): Uint8Array => {
  const type = proto.lookupType(name)
  return Uint8Array.from(type.encode(type.fromObject(value)).finish())
}

test('a request for the version is these bytes', () => {
  const request = {
    sessionId: '0a',
    userContext: { userId: 'u', userName: 'n' },
    clientType: 'c',
    sparkVersion: {},
    observed: 's',
  }

  const bytes = encodeMessage('AnalyzePlanRequest', request)

  const expected = ['0a02', '3061', '1206', '0a0175', '12016e', '1a0163', '5200', '8a010173']
  assert.equal(hex(bytes), expected.join(''))
})

test('a field of a oneof is written where it is empty, false or zero too', () => {
  const asked = { queryId: { id: 'q' }, stop: true, status: false }

  assert.equal(hex(encodeMessage('StreamingQueryCommand', asked)), '0a030a017110002801')
  assert.equal(hex(encodeMessage('RelationCommon', { planId: 0 })), '1000')
  assert.equal(hex(encodeMessage('Sql', { query: '' })), '0a00')
  assert.equal(hex(encodeMessage('ReleaseExecuteRequest', { releaseAll: {} })), '2a00')
})

test('a relation is read by another reader as it was meant', () => {
  // Another reader does not show what is empty.
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 300 })
  const pairs = fc.uniqueArray(fc.tuple(text, text), {
    selector: ([key]) => key,
    minLength: 1,
    maxLength: 5,
  })
  fc.assert(
    fc.property(text, text, pairs, fc.nat(2 ** 40), (...given) => {
      const [schema, path, options, planId] = given
      const dataSource = { format: 'kafka', schema, options: new Map(options), paths: [path, ''] }
      const relation: MessageOf<'Relation'> = {
        common: { planId },
        withWatermark: {
          input: {
            collectMetrics: {
              input: { read: { dataSource, isStreaming: true } },
              name: path,
              metrics: [{ expressionString: { expression: schema } }, {}],
            },
          },
          eventTime: 'at',
          delayThreshold: '1 seconds',
        },
      }

      const read = proto.lookupType('Relation').decode(encodeMessage('Relation', relation))

      assert.deepEqual(proto.lookupType('Relation').toObject(read, { longs: Number }), {
        common: { planId },
        mark: {
          input: {
            metrics: {
              input: {
                read: {
                  dataSource: {
                    format: 'kafka',
                    schema,
                    options: Object.fromEntries(options),
                    paths: [path, ''],
                  },
                  isStreaming: true,
                },
              },
              name: path,
              metrics: [{ expressionString: { expression: schema } }, {}],
            },
          },
          eventTime: 'at',
          delayThreshold: '1 seconds',
        },
      })
    }),
  )
})

test('an answer of another writer is read, and what we do not know is skipped', () => {
  const status = { message: 'Waiting', hasData: true, isActive: true }
  const known = { command: { status }, responseId: 'r', serverSideSessionId: 's' }

  const answer = decodeMessage(
    'ExecutePlanResponse',
    theirBytes('Answer', { ...known, unknownDouble: 0.5, unknownWord: 7 }),
  )

  assert.deepEqual(answer, {
    streamingQueryCommandResult: {
      status: { statusMessage: 'Waiting', isDataAvailable: true, isActive: true },
    },
    responseId: 'r',
    serverSideSessionId: 's',
  })
})

test('a known field of another wire type is skipped, a packed list as well', () => {
  const packed = theirBytes('DataSource', { format: 'f', unknown: [1, 2, 3] })
  assert.deepEqual(decodeMessage('DataSource', packed), { format: 'f' })
  assert.deepEqual(decodeMessage('SparkVersion', bytesOf('0805')), {})
  assert.deepEqual(decodeMessage('RecentProgress', bytesOf('2805' + '2a0161')), { json: ['a'] })
})

test('numbers below zero, in ten bytes, and large ones are exact', () => {
  const cause = [0, -1, 2 ** 31 - 1, -(2 ** 31)]
  for (const value of cause) {
    const bytes = theirBytes('Details', { root: value, errors: [{ message: 'm', cause: value }] })

    assert.deepEqual(decodeMessage('FetchErrorDetailsResponse', bytes), {
      rootErrorIdx: value,
      errors: [{ message: 'm', causeIdx: value }],
    })
  }
  const planId = 2 ** 53 - 1
  const large = theirBytes('RelationCommon', { planId: `${planId}` })
  assert.deepEqual(decodeMessage('RelationCommon', large), { planId })
  assert.equal(hex(encodeMessage('RelationCommon', { planId })), hex(large))
})

test('of a field that is there twice the last counts; of a map each key’s last', () => {
  assert.deepEqual(decodeMessage('Sql', bytesOf('0a01610a0162')), { query: 'b' })
  const entries = ['1a060a016b120161', '1a060a016c120162', '1a060a016b120163', '1a030a016d']
  const { metadata } = decodeMessage('ErrorInfo', bytesOf(entries.join(''))) ?? {}
  assert.deepEqual(Object.fromEntries(metadata ?? []), { k: 'c', l: 'b', m: '' })
})

test('text that is not UTF-8 has its bad bytes replaced', () => {
  assert.deepEqual(decodeMessage('Sql', bytesOf('0a0261ff')), { query: 'a\uFFFD' })
})

const BAD = {
  'a length beyond the end': '0a05' + '6161',
  'a length of 2^63': '0a' + 'ffffffffffffffffff01',
  'a number of eleven bytes': '10' + 'ffffffffffffffffffff01',
  'a number that is cut': '10' + '80',
  'a group': '0b0c',
  'a wire type that nobody has': '0f',
  'field 0': '0001',
  'a word that is cut': '3d0000',
}

for (const [what, text] of Object.entries(BAD)) {
  test(`${what} is no message`, () => {
    assert.equal(decodeMessage('ExecutePlanResponse', bytesOf(text)), undefined)
  })
}

test('what nests deeper than any answer is no message', () => {
  const nested = (levels: number): Uint8Array => {
    let relation: MessageOf<'Relation'> = { sql: { query: 'x' } }
    for (let i = 0; i < levels; i++) relation = { withWatermark: { input: relation } }
    return encodeMessage('Relation', relation)
  }

  assert.notEqual(decodeMessage('Relation', nested(20)), undefined)
  assert.equal(decodeMessage('Relation', nested(200)), undefined)
})

/** Any value of a message, some levels deep. */
function valueOf(name: string, depth: number): fc.Arbitrary<object> {
  const table = tables[name] ?? {}
  const fields = Object.entries(table).filter(([, [, type]]) => depth > 0 || isScalar(type))
  const model = Object.fromEntries(
    fields.map(([field, [, type]]) => [field, fieldOf(type, depth - 1)]),
  )
  return fc.record(model, { requiredKeys: [], noNullPrototype: true })
}

const isScalar = (type: string): boolean => !/^[A-Z]/.test(type)
const anyText = fc.string({ unit: 'binary', maxLength: 20 })

function fieldOf(type: string, depth: number): fc.Arbitrary<unknown> {
  // A list without a member is not told from none.
  if (type.endsWith('*')) {
    return fc.array(fieldOf(type.slice(0, -1), depth), { minLength: 1, maxLength: 3 })
  }
  if (type === 'string') return anyText
  if (type === 'bool') return fc.boolean()
  if (type === 'int') return fc.nat(2 ** 53 - 1)
  if (type === 'bytes') return fc.uint8Array({ maxLength: 20 })
  if (type !== 'map') return valueOf(type, depth)
  const entries = fc.array(fc.tuple(anyText, anyText), { minLength: 1, maxLength: 3 })
  return entries.map((pairs) => new Map(pairs))
}

test('whatever is written is read as it was', () => {
  const anyMessage = fc
    .constantFrom(...names)
    .chain((name) => fc.tuple(fc.constant(name), valueOf(name, 4)))
  fc.assert(
    fc.property(anyMessage, ([name, message]) => {
      assert.deepEqual(decodeMessage(name, encodeMessage(name, message)), message)
    }),
    { numRuns: 500 },
  )
})

test('any bytes are a message or none, and nothing is thrown', () => {
  const mutated = fc
    .tuple(
      fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), valueOf(name, 3))),
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 5 }),
    )
    .map(([[name, message], changes]) => {
      const bytes = encodeMessage(name, message)
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
      return [name, bytes] as const
    })
  const noise = fc.tuple(fc.constantFrom(...names), fc.uint8Array({ maxLength: 100 }))
  fc.assert(
    fc.property(fc.oneof(mutated, noise), ([name, bytes]) => {
      const message = decodeMessage(name, bytes)

      assert.ok(message === undefined || typeof message === 'object')
    }),
    { numRuns: 2_000 },
  )
})
