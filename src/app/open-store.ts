import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Clock } from '../std/clock.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'

/** Opens the store that a configuration names. @throws STORE_REFUSED. */
export async function openStore(given: {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
}): Promise<Store> {
  const { config, clock, logger } = given
  if (config.store.kind === 'memory') return openMemoryStore({ clock })
  return openSqliteStore({
    file: join(config.dataFolder, 'store.db'),
    clock,
    onSetAside: ({ movedTo, reason }) =>
      logger.error({ reason, moved_to: movedTo }, 'the store was damaged; it is built anew'),
  })
}
