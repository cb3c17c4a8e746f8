import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { SimulatedClock } from '../../../std/simulated-clock.ts'
import type { Codecs } from '../../../wire/record-batch/codecs.ts'
import { openCodecs } from '../../codecs/open-codecs.ts'
import { logSuite } from '../../log.suite.ts'
import { readToEnd, type Claim, type Log, type LogGroups } from '../../log.ts'
import { records, rowsOf, topicSpec } from '../../suite/log-rig.suite.ts'
import type { Disk } from '../disk.ts'
import { openEmbeddedLog, type EmbeddedLog } from '../embedded-log.ts'
import { appendBatchIn, SMALL_LIMITS } from '../embedded-rig.suite.ts'
import { FaultyDisk, once, systemError } from '../faulty-disk.suite.ts'
import { nodeDisk } from '../node-disk.ts'
import { openRemoteLog } from './remote-log.ts'

const UNDER_WAY_BYTES_MAX = 2 * 1_048_576

/** A log and a remote one over it; closing it closes both. People ask the host of groups. */
function remoteOf(
  host: EmbeddedLog,
  given: { readonly disk: FaultyDisk; readonly codecs: Codecs },
): Log & LogGroups {
  const remote = openRemoteLog(host.share(), given)
  return {
    createTopic: (spec) => remote.createTopic(spec),
    append: (topic, rows) => remote.append(topic, rows),
    claims: (group, signal) => remote.claims(group, signal),
    position: (claim) => remote.position(claim),
    read: (claim, options) => remote.read(claim, options),
    commit: (claim, offset, note) => remote.commit(claim, offset, note),
    ends: (topic) => remote.ends(topic),
    groups: () => host.groups(),
    positions: (group, topic) => host.positions(group, topic),
    offsetsAt: (topic, atMs) => host.offsetsAt(topic, atMs),
    moveTo: (group, topic, offsets) => host.moveTo(group, topic, offsets),
    close: async () => {
      await remote.close()
      await host.close()
    },
  }
}

logSuite(
  'remote',
  async (clock) => {
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-log-'))
    const disk = new FaultyDisk()
    const codecs = await openCodecs()
    const limits = { ...SMALL_LIMITS, underWayBytesMax: UNDER_WAY_BYTES_MAX }
    return {
      open: async () => {
        const host = await openEmbeddedLog({ folder, clock, disk, codecs, limits })
        return remoteOf(host, { disk, codecs })
      },
      destroy: () => rm(folder, { recursive: true }),
      // As much again may wait on this side.
      appendBytesMax: 2 * UNDER_WAY_BYTES_MAX,
      failNextWrite: () => {
        disk.write = once(systemError('EIO'))
      },
      appendBatch: appendBatchIn(folder),
    }
  },
  { skip: {} },
)

/** A log whose writes stand still until they are let go, and two threads' worth of remote ones. */
async function stalled(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-log-'))
  const gate = Promise.withResolvers<void>()
  let isShut = false
  const disk: Disk = {
    ...nodeDisk,
    open: async (path, mode) => {
      const file = await nodeDisk.open(path, mode)
      const write = async (bytes: Uint8Array, at: number): Promise<number> => {
        if (isShut) await gate.promise
        return file.write(bytes, at)
      }
      return { ...file, write }
    },
  }
  const limits = { ...SMALL_LIMITS, queueBytesMax: 1000 }
  const host = await openEmbeddedLog({ folder, clock: new SimulatedClock(), disk, limits })
  await host.createTopic(topicSpec())
  isShut = true
  const remotes = [openRemoteLog(host.share()), openRemoteLog(host.share())]
  t.after(async () => {
    gate.resolve()
    await host.close()
    await rm(folder, { recursive: true })
  })
  return { host, remotes, letGo: gate.resolve }
}

const large = (name: string) => records(`${name} ${'x'.repeat(700)}`)

test('[L5] [D5] appends of two threads wait for room, each thread’s in its order', async (t) => {
  const { host, remotes, letGo } = await stalled(t)
  const names = ['a', 'b', 'c', 'd']

  const calls = names.flatMap((name) =>
    remotes.map((remote, i) => remote.append('rows', large(`${i}${name}`))),
  )
  await setImmediate()
  const { queueBytes } = host.stats()
  letGo()
  await Promise.all(calls)

  const order: string[] = []
  for await (const batch of readToEnd(host, { topic: 'rows', partition: 0 })) {
    order.push(...rowsOf(batch).map(({ value }) => value!.slice(0, 2)))
  }
  assert.ok(queueBytes <= 2000, `${queueBytes} bytes wait`)
  for (const thread of ['0', '1']) {
    const own = order.filter((name) => name.startsWith(thread))
    assert.deepEqual(
      own,
      names.map((name) => `${thread}${name}`),
    )
  }
  assert.equal(host.stats().queueRefusals, 0)
})

test('[L36] what waits for room when the log closes is refused, the rest is kept', async (t) => {
  const { host, remotes, letGo } = await stalled(t)
  const [remote] = remotes
  const calls = ['a', 'b', 'c'].map((name) => remote!.append('rows', large(name)))
  while (host.stats().queueBytes === 0) await setImmediate()

  const closed = host.close()
  letGo()
  const settled = await Promise.allSettled(calls)
  await closed

  assert.equal(settled[0]!.status, 'fulfilled')
  for (const call of settled.slice(1)) {
    assert.ok(call.status === 'fulfilled' || call.reason.code === 'LOG_CLOSED')
  }
  assert.equal(settled.at(-1)!.status, 'rejected')
})

test('[D4] a thread that is gone loses its claims, and its commits are fenced', async (t) => {
  const { host, letGo } = await stalled(t)
  letGo()
  const ticket = host.share()
  const gone = openRemoteLog(ticket)
  const group = {
    topics: ['rows'],
    group: 'readers',
    start: 'earliest',
    sessionMs: 10_000,
    rebalanceMs: 60_000,
  } as const
  const stop = new AbortController()
  const first = await gone.claims(group, stop.signal)[Symbol.asyncIterator]().next()
  const mine: Claim = first.value
  await gone.commit(mine, 3)
  const others = openRemoteLog(host.share()).claims(group, stop.signal)
  const next = others[Symbol.asyncIterator]().next()

  ticket.port.close()
  const { value: theirs } = await next

  assert.deepEqual([theirs.partition, theirs.generation > mine.generation], [0, true])
  assert.equal(mine.signal.aborted, true)
  await assert.rejects(gone.commit(mine, 4), { code: 'LOG_CLOSED' })
  assert.deepEqual(await host.position(theirs), { offset: 3, note: '' })
  stop.abort()
})
