import assert from 'node:assert/strict'
import test from 'node:test'
import { GapRig } from '../rig/gap-rig.ts'
import { tampered } from '../sim/tampered-log.ts'

const READERS = [
  ['aggregate', 'readings'],
  ['evaluate', 'panes'],
  ['record-windows', 'windows'],
  ['record-steps', 'transitions'],
  ['plan', 'notices'],
  ['send/noc', 'notices'],
] as const
const KINDS = ['memory', 'embedded'] as const
const LIMIT = { timeout: 60_000 }

for (const kind of KINDS) {
  for (const [group, topic] of READERS) {
    test(
      `[D8] ${group} goes on behind expired rows and tells which, ${kind} log`,
      LIMIT,
      async (t) => {
        const rig = await GapRig.open(t, kind)
        await rig.rows(topic, { count: 100, bytes: 200 })
        await rig.log.moveTo(group, topic, [2])
        await rig.retain(topic, 8_000)
        await rig.until(async () => (await rig.start(topic)) > 2, 60_000)

        const [met] = await rig.run(group, () => rig.gaps.length > 0)

        const to = await rig.start(topic)
        assert.deepEqual(rig.counted, [`${group} ${topic} expired ${to - 2}`])
        const { reason, from, to: end, toMs } = met!.gap
        assert.deepEqual({ reason, from, end }, { reason: 'expired', from: 2, end: to })
        assert.ok(toMs !== undefined && toMs <= rig.clock.now())
        assert.deepEqual(rig.failures, [])
      },
    )

    test(
      `[D8] ${group} goes on where rows were lost and tells it, ${kind} log`,
      LIMIT,
      async (t) => {
        const rig = await GapRig.open(t, kind)
        await rig.rows(topic, { count: 3, bytes: 200 })
        await rig.log.moveTo(group, topic, [10])

        await rig.run(group, () => rig.gaps.length > 0)

        assert.deepEqual(rig.counted, [`${group} ${topic} lost 7`])
        assert.deepEqual(rig.failures, [])
      },
    )
  }

  test(`[D8] a running reader that retention overtakes goes on, ${kind} log`, LIMIT, async (t) => {
    const rig = await GapRig.open(t, kind)
    await rig.rows('windows', { count: 60, bytes: 10_000 })
    const gate = Promise.withResolvers<void>()
    let isReading = false
    const log = tampered(rig.log, {
      append: async (to, rows) => {
        isReading = true
        await gate.promise
        return rig.log.append(to, rows)
      },
    })

    const running = rig.run('record-windows', () => rig.gaps.length > 0, log)
    await rig.until(() => isReading)
    await rig.retain('windows', 50_000)
    await rig.until(async () => (await rig.start('windows')) > 40, 60_000)
    gate.resolve()
    const [met] = await running

    assert.equal(met!.gap.to, await rig.start('windows'))
    assert.ok(met!.gap.from < met!.gap.to)
    assert.deepEqual(
      new Set(rig.failures),
      new Set(['record-windows/windows/0 LOG_OFFSET_OUT_OF_RANGE']),
    )
  })
}
