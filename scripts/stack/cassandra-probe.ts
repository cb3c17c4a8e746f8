import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Credentials } from './kafka-security.ts'
import type { Address } from './kafka-probe.ts'

const ANSWER_MS_MAX = 10_000
const ANSWER_BYTES_MAX = 4_194_304
/** Of the native protocol, version 4. */
const VERSION = 4
const HEAD_BYTES = 9
const OPCODES = { startup: 1, ready: 2, authenticate: 3, query: 7, result: 8, auth: 15 } as const
const AUTH_SUCCESS = 16
const WARNING_FLAG = 8
const CONSISTENCY_ONE = 1
const SKIP_METADATA = 2
const ROWS = 2
const HAS_MORE_PAGES = 2

/** A node and, where it is secured, who asks it. Any certificate will do: it is our own node. */
export type CassandraNode = {
  readonly address: Address
  readonly credentials?: Credentials | undefined
}

/** What a node lacks to serve and to count some nodes as members; undefined if nothing. */
export async function cassandraLacks(
  node: CassandraNode,
  nodesMin: number,
): Promise<string | undefined> {
  try {
    const gossip = 'SELECT status_with_port, rpc_ready FROM system_views.gossip_info'
    // A node that was killed keeps its line here: this is membership, not life.
    const members = (await cqlRows(node, gossip)).filter(
      ([status = '', isReady]) => status.startsWith('NORMAL') && isReady === 'true',
    )
    const peers = await cqlRows(node, 'SELECT peer FROM system.peers_v2')
    const count = Math.min(members.length, peers.length + 1)
    return count >= nodesMin ? undefined : `it counts ${count} members of ${nodesMin}`
  } catch (error) {
    return String(error)
  }
}

/** Rows of a statement, each column as text; no rows of one that asks for none. */
export async function cqlRows(node: CassandraNode, statement: string): Promise<string[][]> {
  const { address, credentials } = node
  const socket = credentials
    ? connectTls({ ...address, rejectUnauthorized: false })
    : connect(address.port, address.host)
  socket.setTimeout(ANSWER_MS_MAX, () => {
    socket.destroy(new Error(`no answer within ${ANSWER_MS_MAX} ms`))
  })
  try {
    const answers = frames(socket)
    const ask = async (opcode: number, body: Buffer) => {
      socket.write(frame(opcode, body))
      const { value, done } = await answers.next()
      if (done === true) throw new Error('the connection was closed')
      return value
    }
    await logIn(ask, credentials)
    const text = Buffer.from(statement)
    const rest = Buffer.from([0, CONSISTENCY_ONE, SKIP_METADATA])
    const query = await ask(OPCODES.query, Buffer.concat([int32(text.length), text, rest]))
    if (query.opcode !== OPCODES.result) throw new Error(`${statement}: ${refusal(query)}`)
    return rowsOf(query.body)
  } finally {
    socket.destroy()
  }
}

type Answer = { readonly opcode: number; readonly body: Buffer }
type Ask = (opcode: number, body: Buffer) => Promise<Answer>

async function logIn(ask: Ask, credentials: Credentials | undefined): Promise<void> {
  const options = [shortText('CQL_VERSION'), shortText('3.0.0')]
  const hello = await ask(OPCODES.startup, Buffer.concat([Buffer.from([0, 1]), ...options]))
  if (hello.opcode === OPCODES.ready) return
  if (hello.opcode !== OPCODES.authenticate || !credentials) throw new Error(refusal(hello))
  const token = Buffer.from(`\0${credentials.username}\0${credentials.password}`)
  const answer = await ask(OPCODES.auth, Buffer.concat([int32(token.length), token]))
  if (answer.opcode !== AUTH_SUCCESS) throw new Error(refusal(answer))
}

/** An error is int32 code, then its text. */
function refusal({ opcode, body }: Answer): string {
  return `opcode ${opcode}: ${body.subarray(6).toString('utf8')}`
}

/** Version, flags, int16 stream, opcode, int32 length, body. */
function frame(opcode: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([VERSION, 0, 0, 0, opcode]), int32(body.length), body])
}

async function* frames(socket: Socket): AsyncGenerator<Answer, void, undefined> {
  let rest = Buffer.alloc(0)
  for await (const chunk of socket) {
    if (chunk instanceof Buffer) rest = Buffer.concat([rest, chunk])
    while (rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + rest.readUInt32BE(5)
      if (end > ANSWER_BYTES_MAX) throw new Error('this is no Cassandra node')
      if (rest.length < end) break
      const body = rest.subarray(HEAD_BYTES, end)
      yield { opcode: rest[4]!, body: (rest[1]! & WARNING_FLAG) === 0 ? body : warned(body) }
      rest = rest.subarray(end)
    }
  }
}

/** Skips int16 count and as many texts before the body proper. */
function warned(body: Buffer): Buffer {
  let at = 2
  for (let left = body.readUInt16BE(0); left > 0; left--) at += 2 + body.readUInt16BE(at)
  return body.subarray(at)
}

/** int32 kind, int32 flags, int32 columns, a paging state perhaps, int32 rows, then the cells. */
function rowsOf(body: Buffer): string[][] {
  if (body.readInt32BE(0) !== ROWS) return []
  const columns = body.readInt32BE(8)
  let at = 12
  const bytes = () => {
    const length = body.readInt32BE(at)
    const start = at + 4
    at = start + Math.max(0, length)
    return body.toString('utf8', start, at)
  }
  if ((body.readInt32BE(4) & HAS_MORE_PAGES) !== 0) bytes()
  const count = body.readInt32BE(at)
  at += 4
  return Array.from({ length: count }, () => Array.from({ length: columns }, bytes))
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

const shortText = (text: string): Buffer =>
  Buffer.concat([int32(text.length).subarray(2), Buffer.from(text)])
