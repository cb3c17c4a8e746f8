import assert from 'node:assert/strict'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { writeWorkload } from '../../bench/workload.ts'
import { openLogFolder } from '../../src/app/log/open-log.ts'
import { applyReset, planReset, type ResetTarget } from '../../src/app/positions/reset-group.ts'
import { replay, type ReplaySummary } from '../../src/app/replay.ts'
import { checkpointLog } from '../../src/evaluate/checkpoint-log.ts'
import type { Log, LogGroups } from '../../src/log/log.ts'
import { temporaryFolder, runCli } from '../rig/cli.ts'
import { configOf } from '../rig/replay-run.ts'

const PARTITIONS = 2
const LIMIT = { timeout: 120_000 }

/** A made recording, replayed to its end into a folder that can be replayed again. */
async function replayed(t: TestContext) {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'rows.ndjson')
  await writeWorkload(path, { seconds: 40, rowsPerSecond: 100, seed: 3, streamCount: 10 })
  const dataFolder = join(folder, 'data')
  const run = (): Promise<ReplaySummary> =>
    replay({
      path,
      config: configOf({ file: 'examples/ott.yaml' }),
      dataFolder,
      partitions: PARTITIONS,
      batchRows: 200,
      progress: { readBytes: 0, rows: 0 },
      rssMb: () => 0,
    })
  const within = async <Result>(work: (log: Log & LogGroups) => Promise<Result>) => {
    const log = await openLogFolder(dataFolder)
    try {
      return await work(log)
    } finally {
      await log.close()
    }
  }
  return { dataFolder, run, within, before: await run() }
}

/** What a replay ends with but for its speed. */
const told = ({ windows, transitions, late, digest }: ReplaySummary) => ({
  windows,
  transitions,
  late,
  digest,
})

const endOf = async (log: Log, topic: string): Promise<number> =>
  (await log.ends(topic)).reduce((sum, { end }) => sum + end, 0)

const middle = async (log: Log, topic: string): Promise<ResetTarget> => {
  const { end } = (await log.ends(topic))[1]!
  return { partition: 1, offset: Math.floor(end / 2) }
}

for (const [group, from, into] of [
  ['aggregate', 'readings', 'panes'],
  ['evaluate', 'panes', 'windows'],
] as const) {
  test(`[G3] ${group} set back to the start reads all again and ends alike`, LIMIT, async (t) => {
    const { run, within, before } = await replayed(t)
    const written = await within((log) => endOf(log, into))
    const read = await within((log) => endOf(log, from))

    const plan = await within(async (log) => {
      const planned = await planReset(log, { group, to: 'earliest' })
      await applyReset(log, planned)
      return planned
    })
    const after = await run()

    const again = plan.moves.reduce((sum, move) => sum + move.again, 0)
    assert.equal(again, read)
    assert.deepEqual(told(after), told(before))
    assert.ok((await within((log) => endOf(log, into))) > written, 'it was read again')
  })

  test(`[G3] ${group} set back halfway in one partition ends alike`, LIMIT, async (t) => {
    const { run, within, before } = await replayed(t)

    const untouched = await within(async (log) => {
      const kept = (await log.positions(group, from))[0]
      const to = await middle(log, from)
      await applyReset(log, await planReset(log, { group, to }))
      assert.deepEqual((await log.positions(group, from))[0], kept)
      return kept
    })
    const after = await run()

    assert.ok(untouched !== undefined && untouched.note !== '')
    assert.deepEqual([after.windows, after.digest], [before.windows, before.digest])
  })
}

test('[G3] evaluate set forward keeps its open alerts and begins there', LIMIT, async (t) => {
  const { within } = await replayed(t)

  await within(async (log) => {
    const end = (await log.ends('panes'))[0]!.end
    const held = await checkpointLog.read(log, 0)
    await log.append('panes', [{ value: new Uint8Array(1), partition: 0 }])
    const plan = await planReset(log, { group: 'evaluate', to: 'latest' })
    await applyReset(log, plan)

    const found = await checkpointLog.read(log, 0)
    assert.equal(plan.moves[0]?.skipped, 1)
    assert.deepEqual(found, { ...held, offset: end + 1, rebuildFrom: end + 1 })
  })
})

test('[G3] a checkpoint that was withdrawn is found no more, whatever a note says', async (t) => {
  const { within } = await replayed(t)

  await within(async (log) => {
    assert.notEqual(await checkpointLog.read(log, 1), undefined)
    await checkpointLog.withdraw(log, 1)

    assert.equal(await checkpointLog.read(log, 1), undefined)
    assert.equal(await checkpointLog.read(log, 1, 1), undefined)
    assert.notEqual(await checkpointLog.read(log, 0), undefined)
  })
})

test('[G2] reset says what it does, asks before it skips, and refuses what it must', async (t) => {
  const { dataFolder, within } = await replayed(t)
  await within((log) => log.append('readings', [{ value: new Uint8Array(1), partition: 0 }]))
  const reset = (...words: string[]) => runCli(['reset', '--data', dataFolder, ...words])

  const dry = await reset('--group', 'aggregate', '--to', 'earliest', '--dry-run')
  const skipping = await reset('--group', 'aggregate', '--to', 'latest')
  const unknown = await reset('--group', 'nobody', '--to', 'latest')
  const words = await reset('--group', 'aggregate', '--to', 'yesterday')
  const held = await openLogFolder(dataFolder)
  const running = await reset('--group', 'aggregate', '--to', 'earliest')
  await held.close()
  const meant = await reset('--group', 'aggregate', '--to', 'latest', '--yes')

  assert.match(
    dry.out,
    /^partition +from +to +read again +skipped\nreadings\/0 +[\d,]+ +0 +[\d,]+ +0\n/,
  )
  assert.match(dry.err, /Nothing was changed/)
  assert.deepEqual([skipping.code, unknown.code, words.code, running.code], [4, 2, 2, 4])
  assert.match(skipping.err, /rows would never be read by aggregate; say --yes/)
  assert.match(words.err, /earliest, latest or partition:offset/)
  assert.match(running.err, /LOG_GROUP_ACTIVE/)
  assert.match(running.err, /stop nocturne up/)
  assert.deepEqual([meant.code, meant.err], [0, 'aggregate goes on there at the next start.\n'])
})

test('[G2] the plan goes back to earliest alone, and an instant leads to its rows', async (t) => {
  const { within } = await replayed(t)

  await within(async (log) => {
    await log.moveTo('plan', 'notices', [0])
    const refused = { code: 'GROUP_RESET_REFUSED' }
    await assert.rejects(planReset(log, { group: 'plan', to: 'latest' }), refused)
    assert.equal((await planReset(log, { group: 'plan', to: 'earliest' })).moves.length, 1)
    const never = await planReset(log, { group: 'aggregate', to: { atMs: 4e12 } })
    const ever = await planReset(log, { group: 'aggregate', to: { atMs: 0 } })
    const ends = await log.ends('readings')
    assert.deepEqual(
      never.moves.map(({ to }) => to),
      ends.map(({ end }) => end),
    )
    assert.deepEqual(
      ever.moves.map(({ to }) => to),
      [0, 0],
    )
  })
})
