import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

test('[R24] who could not connect tries again at each call, with files read anew', async (t) => {
  const port = await portOf(t, 'nobody')
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-session-'))
  t.after(() => rm(folder, { recursive: true }))
  const caFile = join(folder, 'ca.pem')
  const deps = { clock: new SimulatedClock() }
  const store = openCassandraStore({ ...optionsAt(port), tls: { caFile } }, deps)

  await assert.rejects(store.migrate(), { code: 'STORE_SECRET_UNREADABLE' })
  await writeFile(caFile, '')
  await assert.rejects(store.upsert({}), { code: 'STORE_UNAVAILABLE' })

  await store.close()
})
