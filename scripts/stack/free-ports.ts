import { createServer, type Server } from 'node:net'

/**
 * Ports of 127.0.0.1 that nobody had a moment ago, all different. Another process can take one
 * before it is used, so who uses them tries once more with others.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listening))
  const ports = servers.map((server) => {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('a server has no port')
    return address.port
  })
  await Promise.all(servers.map(closed))
  return ports
}

function listening(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => server.close(() => resolve()))
