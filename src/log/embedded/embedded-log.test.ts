import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCodecs } from '../codecs/open-codecs.ts'
import { logSuite } from '../log.suite.ts'
import { openEmbeddedLog } from './embedded-log.ts'
import { appendBatchIn } from './embedded-rig.suite.ts'
import { FaultyDisk, once, systemError } from './faulty-disk.suite.ts'

const QUEUE_BYTES_MAX = 4 * 1_048_576

logSuite(
  'embedded',
  async (clock) => {
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-log-'))
    const disk = new FaultyDisk()
    const codecs = await openCodecs()
    const limits = {
      queueBytesMax: QUEUE_BYTES_MAX,
      reserveBytes: 4_096,
      freeBytesMin: 0,
      freeRatioMin: 0,
    }
    return {
      open: () => openEmbeddedLog({ folder, clock, disk, codecs, limits }),
      destroy: () => rm(folder, { recursive: true }),
      appendBytesMax: QUEUE_BYTES_MAX,
      failNextWrite: () => {
        disk.write = once(systemError('EIO'))
      },
      appendBatch: appendBatchIn(folder),
    }
  },
  { skip: {} },
)
