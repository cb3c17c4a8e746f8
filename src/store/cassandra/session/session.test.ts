import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { SimulatedClock } from '../../../std/simulated-clock.ts'
import { openCassandraStore } from '../cassandra-store.ts'

const optionsAt = (port: number) => ({
  contactPoints: [{ host: '127.0.0.1', port }],
  localDataCenter: 'dc1',
  keyspace: 'nocturne',
})

/** A server that takes connections and says nothing, or none at all where nobody listens. */
async function portOf(t: { after(work: () => void): void }, who: 'silent' | 'nobody') {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    t.after(() => void socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  if (who === 'nobody') server.close()
  else t.after(() => void server.close())
  return port
}

test('STORE_TIMEOUT: a call ends at its deadline, whatever the cluster does', async (t) => {
  const port = await portOf(t, 'silent')
  const clock = new SimulatedClock()
  const store = openCassandraStore({ ...optionsAt(port), requestMs: 2_000 }, { clock })

  const asked = assert.rejects(store.migrate(), { code: 'STORE_TIMEOUT' })
  clock.advance(2_000)

  await asked
  await store.close()
})

test('STORE_UNAVAILABLE: who cannot be reached is asked again at each call', async (t) => {
  const port = await portOf(t, 'nobody')
  const attempts: number[] = []
  const connect = async () => {
    attempts.push(attempts.length)
    return {}
  }
  const store = openCassandraStore(optionsAt(port), { clock: new SimulatedClock(), connect })

  await assert.rejects(store.migrate(), { code: 'STORE_UNAVAILABLE' })
  await assert.rejects(store.upsert({}), { code: 'STORE_UNAVAILABLE' })

  assert.equal(attempts.length, 2)
  await store.close()
})
