import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { test } from 'node:test'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { httpPost } from './http-post.ts'
import { TestReceiver } from './test-receiver.suite.ts'
import { until } from './until.suite.ts'

const clock = new SimulatedClock()
const request = (url: string) => ({ url, headers: {}, body: new Uint8Array(3) })

test('[R16] a redirect is an answer, and nobody follows it', async () => {
  const target = new TestReceiver(
    () => ({ status: 200 }),
    () => 0,
  )
  await target.up()
  const mover = new TestReceiver(
    () => ({ status: 307, headers: { location: target.url } }),
    () => 0,
  )
  await mover.up()

  const result = await httpPost(clock)(request(mover.url))

  assert.equal(result.kind === 'answer' && result.status, 307)
  assert.equal(target.received.length, 0)
  await Promise.all([mover.down(), target.down()])
})

test('[R16] at most 64 KiB of an answer are read', async () => {
  const server = createServer((_, response) => response.end('x'.repeat(1_000_000)))
  const url = await listening(server)

  const result = await httpPost(clock)(request(url))

  assert.equal(result.kind === 'answer' && result.body.length, 65_536)
  server.close()
  server.closeAllConnections()
})

test('[R16] an attempt ends after 10 s, whether the answer hangs or its body', async () => {
  let hanging = 0
  const server = createServer((incoming, response) => {
    hanging++
    if (incoming.url === '/body') response.writeHead(200).write('a')
  })
  const url = await listening(server)
  const results = ['/all', '/body'].map((path) => httpPost(clock)(request(`${url}${path}`)))
  await until(() => hanging === 2)

  clock.advance(10_000)
  for (const result of await Promise.all(results)) {
    assert.equal(result.kind === 'unanswered' && result.reason, 'timeout')
  }
  server.close()
  server.closeAllConnections()
})

test('a refused connection and an address that is none are no answer', async () => {
  const gone = createServer()
  const url = await listening(gone)
  gone.close()

  for (const address of [url, 'not an address']) {
    const result = await httpPost(clock)(request(address))
    assert.equal(result.kind === 'unanswered' && result.reason, 'connection')
  }
})

async function listening(server: Server): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `http://127.0.0.1:${address.port}`
}
