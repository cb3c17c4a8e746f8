import assert from 'node:assert/strict'
import type { LogCase } from './log-case.suite.ts'
import { records, topicSpec } from './log-rig.suite.ts'

/** Making topics and naming them (L1–L3). */
export const topicCases: readonly LogCase[] = [
  {
    title: '[L1] creating a topic twice leaves one topic with its rows',
    run: async (rig) => {
      const log = await rig.withTopic()
      await log.append('rows', records('a'))

      await log.createTopic(topicSpec())

      assert.deepEqual(await log.ends('rows'), [{ start: 0, end: 1 }])
    },
  },
  {
    title: '[L2] another partition count or cleanup is refused',
    run: async (rig) => {
      const log = await rig.withTopic({ partitions: 2 })

      const differs = { code: 'LOG_TOPIC_DIFFERS' }
      await assert.rejects(log.createTopic(topicSpec({ partitions: 3 })), differs)
      await assert.rejects(log.createTopic(topicSpec({ partitions: 1 })), differs)
      const compacted = topicSpec({ partitions: 2, cleanup: 'compact' })
      await assert.rejects(log.createTopic(compacted), differs)
    },
  },
  {
    title: '[L3] an unknown topic is an error with the code LOG_TOPIC_UNKNOWN',
    run: async (rig) => {
      const log = await rig.log()

      const unknown = { code: 'LOG_TOPIC_UNKNOWN' }
      await assert.rejects(log.append('rows', records('a')), unknown)
      await assert.rejects(log.ends('rows'), unknown)
      await assert.rejects((await rig.member()).ended, unknown)
    },
  },
]
