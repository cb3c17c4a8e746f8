import assert from 'node:assert/strict'
import type { Claim } from '../log.ts'
import type { LogCase } from './log-case.suite.ts'
import { records, type LogMember, type LogRig } from './log-rig.suite.ts'

const GROUP = { group: 'readers' }
const FENCED = { code: 'LOG_FENCED' }

/** What supervisors do with a claim that is revoked: let go of it. */
const releaseRevoked = (...members: LogMember[]): void => {
  for (const { claims } of members) {
    for (const claim of claims) if (claim.signal.aborted) claim.release()
  }
}

const partitionsOf = (member: LogMember): number[] =>
  member.live.map((claim) => claim.partition).sort((a, b) => a - b)

/** Waits until the live claims of these members are all partitions, each once, in even shares. */
async function atRest(rig: LogRig, members: readonly LogMember[], count: number): Promise<void> {
  await rig.until(() => {
    releaseRevoked(...members)
    const owned = members.flatMap(partitionsOf)
    const shares = members.map((member) => member.live.length)
    const isEven = Math.max(...shares) - Math.min(...shares) <= 1
    return isEven && owned.length === count && new Set(owned).size === count
  })
}

/** Two members of a topic with two partitions; the first owned both and was asked for one. */
async function revoking(rig: LogRig): Promise<Revoking> {
  await rig.withTopic({ partitions: 2 })
  const first = await rig.member(GROUP)
  await atRest(rig, [first], 2)
  const second = await rig.member(GROUP)
  await rig.until(() => first.claims.some((claim) => claim.signal.aborted))
  const asked = first.claims.find((claim) => claim.signal.aborted)!
  const kept = first.claims.find((claim) => !claim.signal.aborted)!
  return { second, asked, kept }
}

type Revoking = { readonly second: LogMember; readonly asked: Claim; readonly kept: Claim }

/** Who owns which partition, and what a former owner may still do (L24–L31). */
export const groupCases: readonly LogCase[] = [
  {
    title: '[L24] under joins and leaves each partition has one owner, and all have one at rest',
    run: async (rig) => {
      await rig.withTopic({ partitions: 8 })
      const members: LogMember[] = []

      for (let joins = 1; joins <= 3; joins++) {
        members.push(await rig.member(GROUP))
        await atRest(rig, members, 8)
      }
      assert.deepEqual(members.map((member) => member.live.length).sort(), [2, 3, 3])
      const [left] = members.splice(0, 1)
      left!.leave()
      await rig.until(() => {
        releaseRevoked(left!)
        return left!.live.length === 0
      })
      await atRest(rig, members, 8)

      assert.deepEqual(
        members.map((member) => member.live.length),
        [4, 4],
      )
    },
  },
  {
    title: '[L24] groups do not know of each other',
    run: async (rig) => {
      const log = await rig.withTopic()
      const one = await rig.member({ group: 'one' })
      const two = await rig.member({ group: 'two' })
      await rig.until(() => one.live.length === 1 && two.live.length === 1)

      await log.commit(one.live[0]!, 7)

      assert.equal((await log.position(one.live[0]!)).offset, 7)
      assert.equal((await log.position(two.live[0]!)).offset, 0)
    },
  },
  {
    title: '[L25] a release is awaited, and the new owner sees the old one’s last commit',
    run: async (rig) => {
      const { second, asked } = await revoking(rig)
      const log = await rig.log()
      for (let turn = 0; turn < 50; turn++) await rig.turn(100)
      assert.equal(second.claims.length, 0)

      await log.commit(asked, 42, 'last')
      asked.release()
      await rig.until(() => second.live.length === 1)

      assert.equal(second.live[0]!.partition, asked.partition)
      assert.deepEqual(await log.position(second.live[0]!), { offset: 42, note: 'last' })
    },
  },
  {
    title: '[L26] a claim not released in time is lost, and its commits are fenced',
    run: async (rig) => {
      const { second, asked } = await revoking(rig)
      const log = await rig.log()

      rig.clock.advance(60_000)
      await rig.until(() => second.live.length === 1)

      await assert.rejects(log.commit(asked, 1), FENCED)
      await log.commit(second.live[0]!, 2)
      assert.equal((await log.position(second.live[0]!)).offset, 2)
      asked.release()
      assert.equal(second.live[0]!.signal.aborted, false)
    },
  },
  {
    title: '[L27] other claims read on during a rebalance',
    run: async (rig) => {
      const { kept } = await revoking(rig)
      const log = await rig.log()

      await log.append('rows', [{ ...records('meanwhile')[0]!, partition: kept.partition }])
      const reading = log.read(kept, { position: await log.position(kept), bytesMax: 1_000 })
      const { value } = await reading[Symbol.asyncIterator]().next()
      await log.commit(kept, value.next)

      assert.equal((await log.position(kept)).offset, 1)
    },
  },
  {
    title: '[L28] commit and note are there after the log was opened again',
    run: async (rig) => {
      const log = await rig.withTopic()
      const before = await rig.claim(GROUP)
      await log.commit(before, 3, 'first')
      await log.commit(before, 5, 'watermark 1795383150000')

      const again = await rig.reopen()
      const after = await rig.claim(GROUP)

      const expected = { offset: 5, note: 'watermark 1795383150000' }
      assert.deepEqual(await again.position(after), expected)
    },
  },
  {
    title: 'a commit without a note clears it, and a note too long is refused',
    run: async (rig) => {
      const log = await rig.withTopic()
      const claim = await rig.claim(GROUP)
      await log.commit(claim, 1, 'é'.repeat(2_048))
      assert.equal((await log.position(claim)).note.length, 2_048)

      await assert.rejects(log.commit(claim, 2, 'é'.repeat(2_049)), { code: 'LOG_NOTE_TOO_LONG' })
      await log.commit(claim, 3)

      assert.deepEqual(await log.position(claim), { offset: 3, note: '' })
    },
  },
  {
    title: '[L30] a stale generation is fenced',
    run: async (rig) => {
      const log = await rig.withTopic()
      const member = await rig.member(GROUP)
      await rig.until(() => member.claims.length === 1)
      const old = member.claims[0]!

      old.release()
      await rig.until(() => member.claims.length === 2)

      const fresh = member.claims[1]!
      assert.ok(fresh.generation > old.generation)
      assert.equal(old.signal.aborted, true)
      await assert.rejects(log.commit(old, 1), FENCED)
      await log.commit(fresh, 2)
    },
  },
  {
    title: '[L31] a claim without a group is given at once, for every partition, and cannot commit',
    run: async (rig) => {
      const log = await rig.withTopic({ partitions: 3 })
      const one = await rig.member()
      const two = await rig.member()

      await rig.until(() => one.claims.length === 3 && two.claims.length === 3)

      assert.deepEqual(partitionsOf(one), [0, 1, 2])
      await assert.rejects(log.commit(one.claims[0]!, 1), FENCED)
    },
  },
]
