import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Reader, Writer } from '@platformatic/kafka'
import { requests } from './driver.ts'

const API_VERSIONS = 18
const FETCH = 1
const PRODUCE = 0
const TOPIC_ID = '1fbe03b4-8a86-4ad5-9cb7-2b3f1c0d9e5a'

/** A request that came in. */
export type AskedOf = {
  readonly key: number
  readonly version: number
  readonly body: Reader
  readonly socket: Socket
  /** Sends its answer. */
  readonly answer: (body: Uint8Array) => void
}

/** What a peer does with requests of each API; it is silent where nothing is said. */
export type Answers = Readonly<Record<number, (asked: AskedOf) => void>>

/**
 * The other end of a connection to a broker: frames and headers are its own, what it answers is the
 * test's. It lists the APIs that we speak unless the test says otherwise.
 */
export class Peer {
  readonly asked: number[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(answers: Answers) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      let held = Buffer.alloc(0)
      socket.on('data', (chunk: Buffer) => {
        held = Buffer.concat([held, chunk])
        while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
          const end = 4 + held.readInt32BE(0)
          this.#take(socket, held.subarray(4, end), answers)
          held = held.subarray(end)
        }
      })
    })
  }

  static async listening(answers: Answers): Promise<Peer> {
    const peer = new Peer(answers)
    peer.#server.listen(0, '127.0.0.1')
    await once(peer.#server, 'listening')
    return peer
  }

  get address(): { readonly host: string; readonly port: number } {
    const { port } = this.#server.address() as AddressInfo
    return { host: '127.0.0.1', port }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #take(socket: Socket, frame: Buffer, answers: Answers): void {
    const reader = Reader.from(frame)
    const [key, version, correlation] = [reader.readInt16(), reader.readInt16(), reader.readInt32()]
    reader.readNullableString(false)
    reader.readTaggedFields()
    this.asked.push(key)
    const answer = (body: Uint8Array): void => {
      const head = Writer.create().appendInt32(correlation)
      // The header of this one answer has no fields of later versions.
      if (key !== API_VERSIONS) head.appendTaggedFields()
      socket.write(head.append(Buffer.from(body)).prependLength().buffer)
    }
    const given = { key, version, body: reader, socket, answer }
    const act = answers[key] ?? (key === API_VERSIONS ? listVersions : undefined)
    act?.(given)
  }
}

const listVersions = ({ answer }: AskedOf): void => answer(versionsBody(spoken))

const spoken = [
  ...Object.values(requests).map(({ key, version }) => ({ key, max: version })),
  { key: FETCH, max: 13 },
  { key: PRODUCE, max: 9 },
]

/** An answer to Metadata, version 12: one broker, and topics that it leads alone. */
export function metadataBody(
  { host, port }: Peer['address'],
  topics: readonly { readonly name: string; readonly partitions: number }[],
): Uint8Array {
  const one = (w: Writer): Writer => w.appendUnsignedVarInt(2).appendInt32(1)
  const writer = Writer.create().appendInt32(0)
  writer.appendArray([1], (w) =>
    w.appendInt32(1).appendString(host).appendInt32(port).appendString(null),
  )
  writer.appendString('cluster').appendInt32(1)
  writer.appendArray([...topics], (w, { name, partitions }) => {
    w.appendInt16(0).appendString(name).appendUUID(TOPIC_ID).appendBoolean(false)
    w.appendArray([...Array(partitions).keys()], (each, partition) => {
      each.appendInt16(0).appendInt32(partition).appendInt32(1).appendInt32(0)
      one(one(each)).appendUnsignedVarInt(1)
    })
    w.appendInt32(0)
  })
  return writer.appendTaggedFields().buffer
}

/** An answer to ApiVersions, version 3. */
export function versionsBody(apis: readonly { key: number; max: number }[]): Uint8Array {
  const writer = Writer.create().appendInt16(0)
  writer.appendArray([...apis], (w, { key, max }) => {
    w.appendInt16(key).appendInt16(0).appendInt16(max)
  })
  return writer.appendInt32(0).appendTaggedFields().buffer
}
