import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { Address } from '../../../scripts/stack/kafka-probe.ts'

/**
 * A link between two places that can be cut: then nothing passes in either direction and nobody is
 * told, as where a route is gone. Connections stay, new ones are made and say nothing; what was
 * written meanwhile arrives once the link is whole, though its sender may have given it up.
 */
export class TcpLink {
  /** Where clients come to. */
  readonly address: Address
  readonly #sockets = new Set<Socket>()
  #to: Address | undefined
  #isCut = false

  private constructor(address: Address) {
    this.address = address
  }

  /** At a free port of 127.0.0.1, or where it is told to stand. */
  static async open(t: TestContext, at?: Address): Promise<TcpLink> {
    const { host, port } = at ?? { host: '127.0.0.1', port: 0 }
    const server = createServer((near) => link.#join(near))
    server.listen(port, host)
    await once(server, 'listening')
    const link = new TcpLink({ host, port: (server.address() as AddressInfo).port })
    t.after(() => {
      server.close()
      for (const socket of link.#sockets) socket.destroy()
    })
    return link
  }

  /** Where the link leads; before that nobody is let in. */
  lead(to: Address): void {
    this.#to = to
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.pause()
  }

  heal(): void {
    this.#isCut = false
    for (const socket of this.#sockets) socket.resume()
  }

  #join(near: Socket): void {
    if (this.#to === undefined) return void near.destroy()
    const far = connect(this.#to.port, this.#to.host)
    this.#carry(near, far)
    this.#carry(far, near)
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (bytes) => void to.write(bytes))
    from.on('error', () => from.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      to.end()
    })
    if (this.#isCut) from.pause()
  }
}
