import assert from 'node:assert/strict'
import test from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { FaultyDisk, systemError } from '../../src/log/embedded/faulty-disk.suite.ts'
import { partitionOf } from '../../src/std/hash.ts'
import { prng } from '../../src/std/prng.ts'
import { SimulatedClock } from '../../src/std/simulated-clock.ts'
import { paneKey } from '../../src/wire/pane-codec.ts'
import { assertWindows } from '../rig/assert-windows.ts'
import { monitor } from '../rig/monitor.ts'
import { SteadyRows } from '../rig/steady-rows.ts'
import { oracleWindows } from '../rig/window-oracle.ts'
import { PlantedFault } from '../rig/planted-fault.ts'
import { WorkerRig } from '../rig/worker-rig.ts'

const WINDOW = { sizeMs: 10_000, hopMs: 1000 }
const LIMIT = { timeout: 60_000 }
const PARTITIONS = 4
const SICK = 1

/** A rig with half of its rows in the log, and the oracle of all that will be. */
async function prepared(t: Parameters<typeof WorkerRig.open>[0], disk?: FaultyDisk) {
  const plan = { monitors: [monitor()], partitions: PARTITIONS }
  const rig = await WorkerRig.open(t, { ...plan, ...(disk === undefined ? {} : { disk }) })
  const steady = new SteadyRows(rig, prng(11))
  await steady.append(2000)
  const rest = async (): Promise<void> => {
    await steady.append(2000)
    await steady.close()
  }
  const expected = (isMeant: (stream: string) => boolean = () => true) =>
    oracleWindows(
      steady.rows.filter(({ stream }) => isMeant(stream)),
      WINDOW,
      (row) => row.stream,
    )
  return { rig, rest, expected }
}

test(
  '[R31] a poisoned partition stops alone, is named, and lacks nothing later',
  LIMIT,
  async (t) => {
    const disk = new FaultyDisk()
    const { rig, rest, expected } = await prepared(t, disk)
    const pool = rig.run({ count: 2 })
    await rig.caughtUp()

    disk.datasync = (path) => (path.includes(`/panes-${SICK}/`) ? systemError('EIO') : undefined)
    await rest()
    await rig.caughtUp((topic, partition) => topic === 'readings' || partition !== SICK)

    const isHealthy = (stream: string) => partitionOf(paneKey('m', [stream]), PARTITIONS) !== SICK
    const held = [0, 1, 2, 3].map((partition) => `aggregate/readings/${partition} without panes/1`)
    const named = rig.readiness.checks().filter(({ isOk }) => !isOk)
    const healthy = new Map(
      [...(await rig.finals())].filter(([id]) => isHealthy(id.split('|')[0]!)),
    )
    assert.deepEqual(named.map(({ name }) => name.replace(/ in worker.*/, '')).sort(), held)
    assert.ok(named.every(({ code }) => code === 'LOG_POISONED'))
    assertWindows(healthy, expected(isHealthy))

    await pool.stop()
    await rig.reopen()
    const again = rig.run({ count: 2 })
    await rig.caughtUp()
    await again.stop()
    assertWindows(await rig.finals(), expected())
  },
)

test(
  '[R31] a bug in one reader stops that one, the others read on, and it is tried again',
  LIMIT,
  async (t) => {
    const { rig, rest, expected } = await prepared(t)
    const fault = new PlantedFault({ kind: 'bug', at: 'readings/1', isOnce: false })
    const pool = rig.run({ count: 2, start: fault.start })
    await rest()

    await fault.met(3)
    await rig.caughtUp((topic, partition) => topic === 'readings' && partition !== SICK)
    const sick = rig.readiness.checks().filter(({ name }) => name.includes('/'))
    fault.cure()
    await rig.caughtUp()
    await pool.stop()

    assert.equal(sick.length, 1)
    assert.match(sick[0]!.name, /^aggregate\/readings\/1 in worker\/[12]$/)
    assert.equal(sick[0]!.code, 'APP_READER_BUG')
    assert.ok(rig.failures.items.every((item) => item === 'aggregate/readings/1 APP_READER_BUG'))
    assert.deepEqual(rig.ends.items, [])
    assertWindows(await rig.finals(), expected())
  },
)

test(
  '[R32] a worker out of memory ends alone, and another goes on from its positions',
  LIMIT,
  async (t) => {
    const { rig, rest, expected } = await prepared(t)
    const fault = new PlantedFault({ kind: 'memory', at: 'panes/2', isOnce: true })
    const pool = rig.run({ count: 2, start: fault.start })

    await rest()
    await rig.ends.first((reason) => reason === 'failed')
    await rig.caughtUp()
    await pool.stop()

    assert.deepEqual(rig.ends.items, ['failed'])
    assert.ok(rig.troubles.items.some((item) => /^worker\/[12] APP_WORKER_LOST$/.test(item)))
    assertWindows(await rig.finals(), expected())
  },
)

test(
  '[R32] a worker in an endless loop is ended after 30 s of silence and started again',
  LIMIT,
  async (t) => {
    const { rig, rest, expected } = await prepared(t)
    const fault = new PlantedFault({ kind: 'hang', at: 'readings/0', isOnce: true })
    const clock = new SimulatedClock()
    const pool = rig.run({ count: 1, start: fault.start, clock })
    await rest()

    await fault.met(1)
    while (rig.ends.items.length === 0) {
      clock.advance(1000)
      await setImmediate()
    }
    clock.advance(100)
    await rig.caughtUp()
    await pool.stop()

    assert.deepEqual(rig.ends.items, ['hung'])
    assertWindows(await rig.finals(), expected())
  },
)

test(
  '[R4] [R32] a worker that does not end in 10 s is ended, and the next start lacks nothing',
  LIMIT,
  async (t) => {
    const { rig, rest, expected } = await prepared(t)
    const fault = new PlantedFault({ kind: 'hang', at: 'readings/0', isOnce: true })
    const clock = new SimulatedClock()
    const pool = rig.run({ count: 1, start: fault.start, clock })
    await rest()
    await fault.met(1)

    const stopped = pool.stop()
    while (rig.ends.items.length === 0) {
      clock.advance(1000)
      await setImmediate()
    }
    await stopped
    const again = rig.run({ count: 1 })
    await rig.caughtUp()
    await again.stop()

    assert.deepEqual(rig.ends.items, ['hung'])
    assertWindows(await rig.finals(), expected())
  },
)

test('[R32] a machine that slept for an hour ends no worker', LIMIT, async (t) => {
  const { rig, rest, expected } = await prepared(t)
  const clock = new SimulatedClock()
  const pool = rig.run({ count: 1, clock })
  await rig.caughtUp()

  clock.advance(3_600_000)
  await rest()
  await rig.caughtUp()
  await pool.stop()

  assert.deepEqual(rig.ends.items, [])
  assertWindows(await rig.finals(), expected())
})
