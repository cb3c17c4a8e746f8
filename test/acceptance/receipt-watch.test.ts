import assert from 'node:assert/strict'
import test from 'node:test'
import { watchReceipts } from '../../src/app/watch/receipt-watch.ts'
import { openMemoryLog } from '../../src/log/memory/memory-log.ts'
import { NocturneError } from '../../src/model/nocturne-error.ts'
import { systemClock } from '../../src/std/clock.ts'
import { tampered } from '../sim/tampered-log.ts'

test('[R31] steps that cannot be read end the watch of all partitions, said once', async () => {
  const log = openMemoryLog({ clock: systemClock })
  const shape = { partitions: 3, cleanup: 'delete', durability: 'ack' } as const
  const kept = { retentionMs: -1, retentionBytes: -1, recordBytesMax: 1_000 }
  await log.createTopic({ topic: 'transitions', ...shape, ...kept })
  const denied = new NocturneError('LOG_ACL_DENIED', 'transitions/1')
  const refusing = tampered(log, {
    read: (claim, options) => {
      if (claim.partition === 1) throw denied
      return log.read(claim, options)
    },
  })

  const watching = watchReceipts(refusing, () => undefined, new AbortController().signal)

  await assert.rejects(watching, denied)
  await log.close()
})
