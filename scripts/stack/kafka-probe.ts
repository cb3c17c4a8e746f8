import { connect, type Socket } from 'node:net'

const ANSWER_MS_MAX = 3_000
const ANSWER_BYTES_MAX = 1_048_576
const API_VERSIONS = 18
const METADATA = 3

/** Where a server listens. */
export type Address = { readonly host: string; readonly port: number }

/** What a controller lacks to serve; undefined if nothing. */
export function controllerLacks(address: Address): Promise<string | undefined> {
  return reasonOf(async () => {
    const answers = await exchange(address, [VERSIONS_REQUEST])
    checkVersions(answers[0]!)
    return undefined
  })
}

/** What is asked about a broker. */
export type BrokerQuestion = { readonly id: number; readonly brokersMin: number }

/** What a broker lacks to serve and to know itself and others alive; undefined if nothing. */
export function brokerLacks(
  address: Address,
  { id, brokersMin }: BrokerQuestion,
): Promise<string | undefined> {
  return reasonOf(async () => {
    const answers = await exchange(address, [VERSIONS_REQUEST, METADATA_REQUEST])
    checkVersions(answers[0]!)
    const ids = brokersOf(answers[1]!)
    if (ids.includes(id) && ids.length >= brokersMin) return undefined
    return `it lists the brokers ${ids.join(' ') || 'none'} of ${brokersMin}`
  })
}

async function reasonOf(ask: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await ask()
  } catch (error) {
    return String(error)
  }
}

/** int32 length, int16 API, int16 version, int32 correlation id, int16 length and client id. */
function request(api: number, version: number, body: Buffer): Buffer {
  const client = Buffer.from('nocturne-probe')
  const head = Buffer.alloc(14)
  head.writeInt32BE(10 + client.length + body.length, 0)
  head.writeInt16BE(api, 4)
  head.writeInt16BE(version, 6)
  head.writeInt32BE(api, 8)
  head.writeInt16BE(client.length, 12)
  return Buffer.concat([head, client, body])
}

const VERSIONS_REQUEST = request(API_VERSIONS, 0, Buffer.alloc(0))
/** Of no topics: an empty list. */
const METADATA_REQUEST = request(METADATA, 1, Buffer.alloc(4))

/** Sends all requests at once; the answers come in their order. */
async function exchange(address: Address, requests: readonly Buffer[]): Promise<Buffer[]> {
  const socket = connect(address.port, address.host)
  socket.setTimeout(ANSWER_MS_MAX, () => {
    socket.destroy(new Error(`no answer within ${ANSWER_MS_MAX} ms`))
  })
  try {
    for (const bytes of requests) socket.write(bytes)
    return await frames(socket, requests.length)
  } finally {
    socket.destroy()
  }
}

async function frames(socket: Socket, count: number): Promise<Buffer[]> {
  const found: Buffer[] = []
  let rest = Buffer.alloc(0)
  for await (const chunk of socket) {
    if (chunk instanceof Buffer) rest = Buffer.concat([rest, chunk])
    for (let length = lengthOf(rest); rest.length >= length; length = lengthOf(rest)) {
      found.push(rest.subarray(4, length))
      rest = rest.subarray(length)
      if (found.length === count) return found
    }
  }
  throw new Error('the connection was closed')
}

/** Of the first frame with its length field; endless while that is not there yet. */
function lengthOf(bytes: Buffer): number {
  if (bytes.length < 4) return Infinity
  const length = 4 + bytes.readInt32BE(0)
  if (length < 8 || length > ANSWER_BYTES_MAX) throw new Error('this is no Kafka server')
  return length
}

/** int32 correlation id, int16 error, then the APIs, which do not matter here. */
function checkVersions(answer: Buffer): void {
  const error = answer.readInt16BE(4)
  if (error !== 0) throw new Error(`ApiVersions is answered with error ${error}`)
}

/** int32 correlation id, int32 count, then per broker id, host, port, rack; last the controller. */
function brokersOf(answer: Buffer): number[] {
  let at = 8
  const skipText = () => {
    const length = answer.readInt16BE(at)
    at += 2 + Math.max(0, length)
  }
  const ids: number[] = []
  for (let left = answer.readInt32BE(4); left > 0; left--) {
    ids.push(answer.readInt32BE(at))
    at += 4
    skipText()
    at += 4
    skipText()
  }
  const controller = answer.readInt32BE(at)
  if (controller < 0) throw new Error('no controller yet')
  return ids
}
