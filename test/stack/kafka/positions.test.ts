import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { writeWorkload } from '../../../bench/workload.ts'
import { startKafka, type KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import { openLogFolder } from '../../../src/app/log/open-log.ts'
import { embeddedLimits } from '../../../src/log/embedded/embedded-limits.ts'
import type { Log } from '../../../src/log/log.ts'
import type { LagView } from '../../../src/serve/contract.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { runCli, temporaryFolder } from '../../rig/cli.ts'
import { folderBytes, replayToEnd, replayUntilKilled } from '../../rig/replay-process.ts'
import { outcomeOf, REPLAY_PARTITIONS, replayTo, siteLog } from '../rig/replay-on-kafka.ts'
import { withoutJava } from '../rig/servers.ts'

const skip = withoutJava()
const GROUP = { start: 'earliest', sessionMs: 10_000, rebalanceMs: 60_000 } as const

const configOf = ({ bootstrap }: KafkaCluster): string => {
  const brokers = bootstrap.map(({ host, port }) => `"${host}:${port}"`).join()
  return `version: 1
log:
  kind: kafka
  partitions: ${REPLAY_PARTITIONS}
  kafka: { brokers: [${brokers}], replication: 1 }
`
}

/** Half of a recording in a data folder whose process was killed, and what all of it ends with. */
async function halfway(t: TestContext) {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'rows.ndjson')
  // Enough for some seconds: positions are committed once a second.
  await writeWorkload(path, { seconds: 150, rowsPerSecond: 2000, seed: 3, streamCount: 40 })
  const commandIn = async (name: string) => {
    const dataFolder = join(folder, name)
    await mkdir(dataFolder)
    const transitionsPath = join(folder, `${name}.ndjson`)
    return { path, config: 'examples/ott.yaml', dataFolder, transitionsPath }
  }
  const unbroken = await commandIn('unbroken')
  const reference = await replayToEnd(unbroken)
  const { reserveBytes } = embeddedLimits
  const whole = await folderBytes(unbroken.dataFolder)
  const before = await commandIn('before')
  let part = 0.7
  do {
    const bytes = reserveBytes + part * (whole - reserveBytes)
    assert.ok(await replayUntilKilled(before, bytes), 'it was killed on its way')
    part += 0.1
    assert.ok(part < 1.5, 'no run of it came as far as a position')
  } while (!(await hasPositions(before.dataFolder)))
  return { folder, path, dataFolder: before.dataFolder, reference: outcomeOf(reference) }
}

/** Whether its reader of rows has come so far that it said where it stands. */
async function hasPositions(folder: string): Promise<boolean> {
  const log = await openLogFolder(folder)
  const groups = await log.groups()
  await log.close()
  return groups.includes('aggregate')
}

/** Runs something while somebody else reads as a group. */
async function besideReader<T>(log: Log, group: string, work: () => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const spec = { ...GROUP, topics: ['readings'], group }
  try {
    for await (const claim of log.claims(spec, stop.signal)) {
      stop.signal.addEventListener('abort', () => claim.release(), { once: true })
      return await work()
    }
    throw new Error('no partition was granted')
  } finally {
    stop.abort()
  }
}

test('[G1] [G2] [G3] [G4] a folder goes on on a broker, and back', { skip }, async (t) => {
  const cluster = await startKafka({ shape: 'one' })
  t.after(() => cluster.close())
  const { folder, path, dataFolder, reference } = await halfway(t)
  const file = join(folder, 'kafka.yaml')
  await writeFile(file, configOf(cluster))
  const there = ['--config', file, '--data', join(folder, 'nobody')]
  const lag = async () => {
    const { code, out, err } = await runCli(['lag', ...there, '--json'])
    assert.equal(code, 0, err)
    const { lines } = JSON.parse(out) as LagView
    const ofRows = lines.filter(({ group }) => group === 'aggregate')
    assert.equal(ofRows.length, REPLAY_PARTITIONS)
    return ofRows
  }
  const reset = (...words: string[]) =>
    runCli(['reset', '--group', 'aggregate', ...words, ...there])

  const migration = await runCli(['migrate', '--from-data', dataFolder, '--config', file])
  const refused = await runCli(['migrate', '--from-data', dataFolder, '--config', file])
  assert.equal(migration.code, 0, migration.err)
  assert.match(migration.err, /carried over: aggregate/)
  assert.equal(refused.code, 4, refused.err)
  const movedAt = systemClock.now()
  const halfLag = await lag()
  assert.ok(halfLag.some(({ position, end }) => position !== null && end > 0))

  const log = await siteLog(t, cluster)
  const wentOn = await replayTo({ path, log })
  assert.deepEqual(outcomeOf(wentOn), reference)
  const atEnd = await lag()
  assert.ok(atEnd.every(({ end }, i) => end > halfLag[i]!.end))

  const to = new Date(movedAt).toISOString()
  const running = await besideReader(log, 'aggregate', () => reset('--to', to))
  assert.equal(running.code, 4)
  assert.match(running.err, /LOG_GROUP_ACTIVE/)
  const dry = await reset('--to', to, '--dry-run')
  assert.equal(dry.code, 0, dry.err)
  assert.deepEqual(placesOf(await lag()), placesOf(atEnd))
  const written = await endOf(log, 'panes')
  const done = await reset('--to', to)
  assert.equal(done.code, 0, done.err)
  const back = await lag()
  assert.deepEqual(
    placesOf(back),
    halfLag.map(({ end }) => end),
  )
  assert.ok(back.every(({ rows }) => rows > 0))

  const again = await replayTo({ path, log })

  assert.deepEqual(outcomeOf(again), reference)
  assert.ok((await endOf(log, 'panes')) > written, 'rows were read again')
  t.diagnostic(`${migration.out.split('\n').slice(1, 4).join('; ')}; ${migration.err.trimEnd()}`)
  t.diagnostic(dry.out.trimEnd().split('\n').join('; '))
})

const placesOf = (lines: LagView['lines']) => lines.map(({ position }) => position)

const endOf = async (log: Log, topic: string): Promise<number> =>
  (await log.ends(topic)).reduce((sum, { end }) => sum + end, 0)
