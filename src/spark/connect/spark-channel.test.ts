import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallFailure, GrpcStatus } from './call-failure.ts'
import { LossyServer } from './lossy-server.suite.ts'
import { SparkChannel } from './spark-channel.ts'

test('[Z1] a stream that stands for too long is left, and so is its connection', async (t) => {
  const server = await LossyServer.open(t)
  const channel = await SparkChannel.open(server.address)
  t.after(() => channel.close())
  await channel.unary('AnalyzePlan', {})
  server.faults = [{ kind: 'silent' }]

  await assert.rejects(
    channel.stream('ExecutePlan', { operationId: 'o' }, { msMax: 50 }).next(),
    (error) => error instanceof CallFailure && error.status === GrpcStatus.deadlineExceeded,
  )

  await channel.unary('AnalyzePlan', {})
  const [first, second] = server.peers
  assert.ok(first !== undefined && second !== undefined)
  assert.notEqual(first, second)
})

test('[Z5] an answer beyond the bound is refused, and not asked for again', async (t) => {
  const server = await LossyServer.open(t)
  const json = 'x'.repeat(65 * 1_048_576)
  server.responses = [{ streamingQueryListenerEventsResult: { events: [{ json, type: 1 }] } }]
  const channel = await SparkChannel.open(server.address)
  t.after(() => channel.close())

  await assert.rejects(
    channel.stream('ExecutePlan', { operationId: 'o' }, { msMax: 60_000 }).next(),
    (error) => error instanceof CallFailure && !error.isInterruption,
  )
})
