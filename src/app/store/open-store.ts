import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
import type { Clock } from '../../std/clock.ts'
import type { Lane } from '../../std/lane.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import type { Store } from '../../store/store.ts'
import type { Logger } from '../../telemetry/logger.ts'

/** Opens the store that a configuration names. @throws STORE_REFUSED. */
export async function openStore(given: {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
  readonly lane: Lane
}): Promise<Store> {
  const { config, clock, logger, lane } = given
  if (config.store.kind === 'memory') return openMemoryStore({ clock })
  return openSqliteStore({
    file: join(config.dataFolder, 'store.db'),
    clock,
    turn: () => lane.turn(),
    onSetAside: ({ movedTo, reason }) =>
      logger.error({ reason, moved_to: movedTo }, 'the store was damaged; it is built anew'),
  })
}

const RETAIN_EVERY_MS = 60_000

/** Lets old windows and steps go, a little at a time, until the signal aborts. */
export async function retainStore(
  store: Store,
  given: { readonly clock: Clock; readonly config: Config },
  signal: AbortSignal,
): Promise<void> {
  const { clock, config } = given
  while (!signal.aborted) {
    await clock.sleep(RETAIN_EVERY_MS, signal)
    if (signal.aborted) return
    const from = clock.now() - config.store.retentionMs
    await store.retain({ live: from, minute: from, hour: from, steps: from, coverage: from })
  }
}
