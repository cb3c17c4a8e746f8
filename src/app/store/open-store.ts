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
  const { kind, keptMs, cassandra } = config.store
  if (kind === 'memory') return openMemoryStore({ clock })
  if (cassandra !== undefined) {
    // The driver takes memory, which whoever has a file does without.
    const { openCassandraStore } = await import('../../store/cassandra/cassandra-store.ts')
    return openCassandraStore({ ...cassandra, retentionMs: keptMs }, { clock })
  }
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
  store: Pick<Store, 'retain'>,
  given: { readonly clock: Clock; readonly config: Config },
  signal: AbortSignal,
): Promise<void> {
  const { clock, config } = given
  while (!signal.aborted) {
    await clock.sleep(RETAIN_EVERY_MS, signal)
    if (signal.aborted) return
    const { live, minute, hour, steps, coverage } = config.store.keptMs
    const now = clock.now()
    await store.retain({
      live: now - live,
      minute: now - minute,
      hour: now - hour,
      steps: now - steps,
      coverage: now - coverage,
    })
  }
}
