import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8, utf8Text } from '../../std/bytes.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { logSuite } from '../log.suite.ts'
import { openMemoryLog } from './memory-log.ts'

const BYTES_MAX = 8 * 1_048_576

logSuite(
  'memory',
  async (clock) => ({
    open: async () => openMemoryLog({ clock, bytesMax: BYTES_MAX }),
    destroy: async () => undefined,
    appendBytesMax: BYTES_MAX,
  }),
  {
    skip: {
      L10: 'memory keeps nothing over a close',
      L11: 'an append in memory settles at once, so none waits behind a failed one',
      L19: 'memory holds rows and no batches, so no codec of others',
      L20: 'memory holds rows and no batches, so none that cannot be read',
      L28: 'memory keeps nothing over a close',
    },
  },
)

test('a batch is wiped when the next one is asked for', async () => {
  const log = openMemoryLog({ clock: new SimulatedClock() })
  const retention = { retentionMs: -1, retentionBytes: -1, durability: 'ack' } as const
  const topic = { topic: 'rows', partitions: 1, cleanup: 'delete', recordBytesMax: 99 } as const
  await log.createTopic({ ...topic, ...retention })
  await log.append('rows', [{ value: utf8('one') }, { value: utf8('two') }])
  const spec = { topics: ['rows'], start: 'earliest', sessionMs: 1, rebalanceMs: 1 } as const
  const ending = new AbortController()

  const kept: Uint8Array[] = []
  for await (const claim of log.claims(spec, ending.signal)) {
    const position = await log.position(claim)
    for await (const batch of log.read(claim, { position, bytesMax: 1 })) {
      kept.push(batch.values.bytes)
      if (batch.next === batch.end) break
    }
    ending.abort()
  }

  assert.deepEqual(kept.map(utf8Text), ['\0\0\0', 'two'])
})
