import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createServer } from 'node:tls'

/** A proxy that ends TLS before a server of HTTP/2, at a free port of 127.0.0.1; answers that. */
export async function tlsFront(
  t: TestContext,
  to: { readonly host: string; readonly port: number },
  shown: { readonly folder: string; readonly name: string },
): Promise<number> {
  const file = (end: string) => readFile(join(shown.folder, `${shown.name}.${end}`))
  const options = { key: await file('key'), cert: await file('pem'), ALPNProtocols: ['h2'] }
  const server = createServer(options, (near) => {
    const far = connect(to.port, to.host)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
    near.pipe(far).pipe(near)
    t.after(() => near.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}
