import fastify from 'fastify'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NocturneError } from '../../model/nocturne-error.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { LiveFeed } from './live-feed.ts'
import { answerLive } from './live-route.ts'

test('SERVE_BUSY is an ordinary answer to who finds no room in the live feed', async () => {
  const feed = new LiveFeed({
    clock: new SimulatedClock(),
    epoch: 'e',
    jitter: () => 0,
    clientsMax: 0,
    count: () => {},
    hello: () => ({ epoch: 'e', now: 0, build: '', you: '' }),
    snapshot: () => assert.fail('nobody is let in'),
  })
  const http = fastify()
  let refused: unknown
  http.setErrorHandler((error, _request, reply) => {
    refused = error
    return reply.code(503).send('busy')
  })
  http.get('/', (request, reply) => answerLive({ feed }, request, reply))

  const answer = await http.inject({ url: '/' })

  assert.equal(answer.statusCode, 503)
  assert.ok(refused instanceof NocturneError && refused.code === 'SERVE_BUSY')
})
