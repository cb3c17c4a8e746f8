import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logSuite } from '../../log.suite.ts'
import type { Log } from '../../log.ts'
import { openEmbeddedLog, type EmbeddedLog } from '../embedded-log.ts'
import { SMALL_LIMITS } from '../embedded-rig.suite.ts'
import { FaultyDisk, once, systemError } from '../faulty-disk.suite.ts'
import { openRemoteLog } from './remote-log.ts'

const UNDER_WAY_BYTES_MAX = 2 * 1_048_576

/** A log and a remote one over it; closing it closes both. */
function remoteOf(host: EmbeddedLog, disk: FaultyDisk): Log {
  const remote = openRemoteLog(host.share(), disk)
  return {
    createTopic: (spec) => remote.createTopic(spec),
    append: (topic, rows) => remote.append(topic, rows),
    claims: (group, signal) => remote.claims(group, signal),
    position: (claim) => remote.position(claim),
    read: (claim, options) => remote.read(claim, options),
    commit: (claim, offset, note) => remote.commit(claim, offset, note),
    ends: (topic) => remote.ends(topic),
    close: async () => {
      await remote.close()
      await host.close()
    },
  }
}

logSuite(
  'remote',
  async (clock) => {
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-log-'))
    const disk = new FaultyDisk()
    const limits = { ...SMALL_LIMITS, underWayBytesMax: UNDER_WAY_BYTES_MAX }
    return {
      open: async () => remoteOf(await openEmbeddedLog({ folder, clock, disk, limits }), disk),
      destroy: () => rm(folder, { recursive: true }),
      // As much again may wait on this side.
      appendBytesMax: 2 * UNDER_WAY_BYTES_MAX,
      failNextWrite: () => {
        disk.write = once(systemError('EIO'))
      },
    }
  },
  { skip: {} },
)
