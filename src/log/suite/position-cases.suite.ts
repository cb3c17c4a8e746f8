import assert from 'node:assert/strict'
import type { Log, LogGroups } from '../log.ts'
import type { LogCase } from './log-case.suite.ts'
import { records, type LogRig } from './log-rig.suite.ts'

const GROUP = { group: 'readers' }
const ACTIVE = { code: 'LOG_GROUP_ACTIVE' }

/** Two partitions of which the first has rows of three different times. */
async function threeTimes(
  rig: LogRig,
): Promise<{ log: Log & LogGroups; times: readonly number[] }> {
  const log = await rig.withTopic({ partitions: 2 })
  for (const values of [['a', 'b'], ['c'], ['d', 'e', 'f']]) {
    await rig.pass(1_000)
    await log.append(
      'rows',
      records(...values).map((row) => ({ ...row, partition: 0 })),
    )
  }
  const times = [await rig.timeOf(0), await rig.timeOf(2), await rig.timeOf(3)]
  return { log, times }
}

/** Commits (1, '') and (2, 'two') as one member that leaves afterwards. */
async function committed(rig: LogRig): Promise<Log & LogGroups> {
  const { log } = await threeTimes(rig)
  const member = await rig.member(GROUP)
  await rig.until(() => member.claims.length === 2)
  for (const claim of member.claims) {
    if (claim.partition === 0) await log.commit(claim, 2, 'two')
  }
  member.leave()
  for (const claim of member.claims) claim.release()
  return log
}

/** What people ask of groups from outside of them (L39–L42). */
export const positionCases: readonly LogCase[] = [
  {
    title: '[L39] positions are shown as they were committed, with their notes',
    run: async (rig) => {
      const log = await committed(rig)

      assert.deepEqual(await log.groups(), ['readers'])
      const expected = [{ offset: 2, note: 'two' }, undefined]
      assert.deepEqual(await log.positions('readers', 'rows'), expected)
      assert.deepEqual(await log.positions('others', 'rows'), [undefined, undefined])
      await assert.rejects(log.positions('readers', 'nothing'), { code: 'LOG_TOPIC_UNKNOWN' })
    },
  },
  {
    title: '[L40] an instant leads to the first row that was appended then or later, else the end',
    run: async (rig) => {
      const { log, times } = await threeTimes(rig)
      const [first = 0, second = 0, third = 0] = times

      assert.deepEqual(await log.offsetsAt('rows', 0), [0, 0])
      assert.deepEqual(await log.offsetsAt('rows', first), [0, 0])
      assert.deepEqual(await log.offsetsAt('rows', first + 1), [2, 0])
      assert.deepEqual(await log.offsetsAt('rows', second), [2, 0])
      assert.deepEqual(await log.offsetsAt('rows', third), [3, 0])
      assert.deepEqual(await log.offsetsAt('rows', third + 1), [6, 0])
    },
  },
  {
    title: '[L41] a group with members is not moved, nor one that still holds a claim',
    run: async (rig) => {
      const { log } = await threeTimes(rig)
      const member = await rig.member(GROUP)
      await rig.until(() => member.claims.length === 2)

      await assert.rejects(log.moveTo('readers', 'rows', [0, 0]), ACTIVE)
      member.leave()
      await assert.rejects(log.moveTo('readers', 'rows', [0, 0]), ACTIVE)

      assert.deepEqual(await log.positions('readers', 'rows'), [undefined, undefined])
      for (const claim of member.claims) claim.release()
      await rig.until(async () => (await moved(log)) === 'moved')
    },
  },
  {
    title: '[L42] a group that was moved goes on there, without a note',
    run: async (rig) => {
      const log = await committed(rig)

      await rig.until(async () => (await moved(log)) === 'moved')
      const member = await rig.member(GROUP)
      await rig.until(() => member.claims.length === 2)

      for (const claim of member.claims) {
        const offset = claim.partition === 0 ? 1 : 0
        assert.deepEqual(await log.position(claim), { offset, note: '' })
      }
      assert.deepEqual((await log.positions('readers', 'rows'))[0], { offset: 1, note: '' })
    },
  },
  {
    title: '[L42] a group that nobody has read by yet is moved before its first claim',
    run: async (rig) => {
      const { log } = await threeTimes(rig)

      await log.moveTo('readers', 'rows', [5, 0])

      const member = await rig.member(GROUP)
      await rig.until(() => member.claims.length === 2)
      const claim = member.claims.find(({ partition }) => partition === 0)
      assert.deepEqual(await log.position(claim!), { offset: 5, note: '' })
      assert.deepEqual(await log.groups(), ['readers'])
    },
  },
]

/** A cluster may learn a moment later that a member has left. */
async function moved(log: LogGroups): Promise<string> {
  try {
    await log.moveTo('readers', 'rows', [1, 0])
    return 'moved'
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}
