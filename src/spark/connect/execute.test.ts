import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import type { MessageOf } from '../../wire/spark-connect/messages.ts'
import { CallFailure } from './call-failure.ts'
import { execute } from './execute.ts'
import { HastyClock, LossyServer, type Fault } from './lossy-server.suite.ts'
import { SparkChannel } from './spark-channel.ts'

const COMMAND = { streamingQueryManagerCommand: { active: true } }

type Rig = {
  readonly server: LossyServer
  readonly clock: HastyClock
  readonly channel: SparkChannel
}

async function rigOf(t: TestContext, ...texts: readonly string[]): Promise<Rig> {
  const server = await LossyServer.open(t)
  server.responses = texts.map(responseOf)
  const channel = await SparkChannel.open(server.address)
  t.after(() => channel.close())
  return { server, clock: new HastyClock(), channel }
}

const responseOf = (text: string): MessageOf<'ExecutePlanResponse'> => ({
  streamingQueryListenerEventsResult: { events: [{ json: text, type: 1 }] },
})

const textOf = (response: MessageOf<'ExecutePlanResponse'>): string =>
  response.streamingQueryListenerEventsResult?.events?.[0]?.json ?? '?'

let operations = 0

function executed({ clock, channel }: Rig, signal?: AbortSignal) {
  operations += 1
  const caller = { sessionId: 'a', userContext: { userId: 'u' }, clientType: 'test' }
  return execute({
    channel,
    clock,
    caller: () => caller,
    heard: () => undefined,
    operationId: `o${operations}`,
    plan: { command: COMMAND },
    ...(signal && { signal }),
  })
}

async function texts(rig: Rig): Promise<string[]> {
  const all: string[] = []
  for await (const response of executed(rig)) all.push(textOf(response))
  return all
}

const withoutReleases = ({ asked }: LossyServer): string[] =>
  asked.filter((line) => !line.startsWith('Release'))

test('[Z1] an operation is asked for once, answered in order, and released', async (t) => {
  const rig = await rigOf(t, 'a', 'b')

  const all = await texts(rig)

  assert.deepEqual(all, ['a', 'b'])
  await reached(rig, 'ReleaseExecute all')
  assert.deepEqual(rig.server.asked, ['ExecutePlan', 'ReleaseExecute all'])
  assert.deepEqual(rig.server.plans, [{ command: COMMAND }])
})

/** Resolves once something has reached the server. */
async function reached({ server, clock }: Rig, line: string): Promise<void> {
  while (!server.asked.includes(line)) await clock.sleep(0)
}

test('[Z1] a stream that is cut is gone on with behind the last response, at once', async (t) => {
  const rig = await rigOf(t, 'a', 'b', 'c')
  rig.server.faults = [
    { kind: 'cut', after: 1 },
    { kind: 'cut', after: 1 },
  ]

  assert.deepEqual(await texts(rig), ['a', 'b', 'c'])

  assert.deepEqual(withoutReleases(rig.server), [
    'ExecutePlan',
    'ReattachExecute r1',
    'ReattachExecute r2',
  ])
  assert.deepEqual(rig.clock.slept, [])
})

test('[Z1] a request that never arrived is sent again under the same id', async (t) => {
  const rig = await rigOf(t, 'a')
  rig.server.faults = [{ kind: 'lost' }]

  assert.deepEqual(await texts(rig), ['a'])

  assert.deepEqual(withoutReleases(rig.server), ['ExecutePlan', 'ReattachExecute', 'ExecutePlan'])
  assert.deepEqual([...rig.server.begun.values()], [1])
})

test('[Z1] a response that was lost is had again, and the command runs once', async (t) => {
  const rig = await rigOf(t, 'a')
  rig.server.faults = [{ kind: 'dropped', after: 0 }, { kind: 'lost' }]

  assert.deepEqual(await texts(rig), ['a'])

  const asked = ['ExecutePlan', 'ReattachExecute', 'ReattachExecute']
  assert.deepEqual(withoutReleases(rig.server), asked)
  assert.deepEqual([...rig.server.begun.values()], [1])
})

test('[Z1] a stream that another has taken over is gone on with after a wait', async (t) => {
  const rig = await rigOf(t, 'a', 'b')
  rig.server.faults = [{ kind: 'kicked', after: 1 }]

  assert.deepEqual(await texts(rig), ['a', 'b'])

  assert.deepEqual(rig.clock.slept, [50])
})

test('[Z1] waits double up to 5 s, and after 12 tries nobody knows its outcome', async (t) => {
  const rig = await rigOf(t, 'a', 'b')
  const lost = Array.from({ length: 13 }, (): Fault => ({ kind: 'lost' }))
  rig.server.faults = [{ kind: 'dropped', after: 1 }, ...lost]

  await assert.rejects(texts(rig), (error) => error instanceof CallFailure && error.isInterruption)

  const waits = [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 5_000, 5_000]
  assert.deepEqual(rig.clock.slept, waits)
})

test('[Z1] any response begins the count of tries anew', async (t) => {
  const rig = await rigOf(t, 'a', 'b', 'c')
  const faults = (count: number): Fault[] => Array.from({ length: count }, () => ({ kind: 'lost' }))
  const one: Fault = { kind: 'cut', after: 1 }
  rig.server.faults = [one, ...faults(11), one, ...faults(11), one, ...faults(11)]

  assert.deepEqual(await texts(rig), ['a', 'b', 'c'])
})

test('[Z1] an operation that is forgotten after a response is not sent again', async (t) => {
  const rig = await rigOf(t, 'a', 'b')
  rig.server.faults = [{ kind: 'cut', after: 1 }, { kind: 'forgotten' }]

  await assert.rejects(
    texts(rig),
    (error) =>
      error instanceof CallFailure && error.errorClass === 'INVALID_HANDLE.OPERATION_NOT_FOUND',
  )

  assert.deepEqual(withoutReleases(rig.server), ['ExecutePlan', 'ReattachExecute r1'])
})

test('[Z1] streams that end at once and bring nothing are tried as if refused', async (t) => {
  const rig = await rigOf(t, 'a')
  rig.server.faults = Array.from({ length: 20 }, () => ({ kind: 'cut', after: 0 }))

  await assert.rejects(texts(rig), (error) => error instanceof CallFailure && error.isInterruption)

  assert.equal(withoutReleases(rig.server).length, 13)
})

test('[Z1] what Spark refuses is not asked again', async (t) => {
  const rig = await rigOf(t, 'a')
  rig.server.faults = [{ kind: 'refused', errorClass: 'PARSE_SYNTAX_ERROR', text: 'no' }]

  await assert.rejects(
    texts(rig),
    (error) =>
      error instanceof CallFailure &&
      error.errorClass === 'PARSE_SYNTAX_ERROR' &&
      error.errorId === 'e1' &&
      !error.isInterruption,
  )

  assert.deepEqual(withoutReleases(rig.server), ['ExecutePlan'])
})

test('[Z1] a long stream is released every 10 s, up to what was taken', async (t) => {
  const rig = await rigOf(t, 'a', 'b', 'c', 'd')

  for await (const response of executed(rig)) {
    if (textOf(response) === 'b') rig.clock.pass(10_000)
  }

  await reached(rig, 'ReleaseExecute all')
  assert.deepEqual(rig.server.asked, [
    'ExecutePlan',
    'ReleaseExecute until r2',
    'ReleaseExecute all',
  ])
})

test('[Z1] an abort ends a silent stream with its reason and gives it up', async (t) => {
  const rig = await rigOf(t, 'a')
  rig.server.faults = [{ kind: 'silent' }]
  const ending = new AbortController()
  const ended = executed(rig, ending.signal).next()
  await reached(rig, 'ExecutePlan')

  ending.abort(new Error('enough'))

  await assert.rejects(ended, /enough/)
  await reached(rig, 'ReleaseExecute all')
})

test('[Z1] whoever leaves the loop gives the operation up', async (t) => {
  const rig = await rigOf(t, 'a', 'b')

  for await (const response of executed(rig)) {
    assert.equal(textOf(response), 'a')
    break
  }

  await reached(rig, 'ReleaseExecute all')
  assert.deepEqual(withoutReleases(rig.server), ['ExecutePlan'])
})

test('[Z1] a connection that breaks in the middle is made anew', async (t) => {
  const rig = await rigOf(t, 'a', 'b')
  const sockets = new Set<Socket>()
  const front = createServer((near) => {
    const far = connect(rig.server.address.port, '127.0.0.1')
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined))
    near.pipe(far).pipe(near)
  })
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  t.after(() => front.close())
  const { port } = front.address() as AddressInfo
  const channel = await SparkChannel.open({ host: '127.0.0.1', port })
  t.after(() => channel.close())
  rig.server.faults = [{ kind: 'stuck', after: 1 }]
  const all: string[] = []

  for await (const response of executed({ ...rig, channel })) {
    all.push(textOf(response))
    if (all.length === 1) for (const socket of sockets) socket.destroy()
  }

  assert.deepEqual(all, ['a', 'b'])
  assert.deepEqual(withoutReleases(rig.server), ['ExecutePlan', 'ReattachExecute r1'])
})

test('[Z1] whoever is slow to take a response has lost nothing by it', async (t) => {
  const rig = await rigOf(t, 'a', 'b')
  rig.server.faults = [{ kind: 'dropped', after: 1 }]
  const all: string[] = []

  for await (const response of executed(rig)) {
    all.push(textOf(response))
    rig.clock.pass(3_600_000)
  }

  assert.deepEqual(all, ['a', 'b'])
})

test('[Z1] after 180 s without a sign of life nobody knows its outcome', async (t) => {
  const rig = await rigOf(t, 'a', 'b')
  rig.server.faults = [{ kind: 'cut', after: 1 }, { kind: 'lost' }, { kind: 'lost' }]
  const responses = executed(rig)
  assert.equal((await responses.next()).done, false)
  rig.clock.lateMs = 180_000

  await assert.rejects(
    responses.next(),
    (error) => error instanceof CallFailure && error.isInterruption,
  )

  assert.deepEqual(rig.clock.slept, [50])
})

const anyFault: fc.Arbitrary<Fault> = fc.oneof(
  fc.constant<Fault>({ kind: 'lost' }),
  fc.record({
    kind: fc.constantFrom('cut' as const, 'dropped' as const, 'kicked' as const),
    after: fc.nat(3),
  }),
)

test('[Z1] whatever is lost, each response comes once, in order, of one run', async (t) => {
  const rig = await rigOf(t)
  const { server } = rig
  await fc.assert(
    fc.asyncProperty(fc.array(anyFault, { maxLength: 10 }), fc.nat(6), async (faults, count) => {
      const expected = Array.from({ length: count }, (_, i) => `t${i}`)
      server.responses = expected.map(responseOf)
      server.faults = faults
      server.begun.clear()

      const all = await texts(rig)

      assert.deepEqual(all, expected)
      assert.deepEqual([...server.begun.values()], [1])
      server.faults = []
    }),
    { numRuns: 200 },
  )
})
