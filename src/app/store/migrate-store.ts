import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'

/** Who migrates, where that is somebody else than who runs. */
export type MigrationLogin = { readonly username: string; readonly passwordFile: string }

export type StoreMigration = {
  readonly config: Config
  readonly clock: Clock
  readonly login?: MigrationLogin
  /** Lets the role of the configuration read and write afterwards. */
  readonly isGranting?: boolean
  readonly told: (change: string) => void
}

/**
 * Makes or renews the schema of the store that a configuration names, and answers its identity;
 * harmless when repeated, and when two run it at once. @throws STORE_… as the store does.
 */
export async function migrateStore(migration: StoreMigration): Promise<string> {
  const { config, clock, login, told } = migration
  const { kind, cassandra, keptMs } = config.store
  if (cassandra !== undefined) {
    if (login !== undefined) await assertSecret(login.passwordFile)
    const { migrateKeyspace } = await import('../../store/cassandra/schema/migrate-keyspace.ts')
    const { auth } = cassandra
    if (migration.isGranting === true && auth === undefined) {
      throw new NocturneError('STORE_REFUSED', 'store.cassandra.auth names nobody to grant it to')
    }
    const grantTo = migration.isGranting === true ? auth?.username : undefined
    return migrateKeyspace(
      {
        ...cassandra,
        ...(login !== undefined && { auth: login }),
        retentionMs: keptMs,
        ...(grantTo !== undefined && { grantTo }),
      },
      { clock, told },
    )
  }
  if (kind === 'memory') throw new NocturneError('STORE_REFUSED', 'a store in memory has none')
  const { openSqliteStore } = await import('../../store/sqlite/sqlite-store.ts')
  await mkdir(config.dataFolder, { recursive: true })
  const file = join(config.dataFolder, 'store.db')
  const store = openSqliteStore({ file, clock, onSetAside: ({ reason }) => told(reason) })
  try {
    return await store.migrate()
  } finally {
    await store.close()
  }
}

/** A secret that others may read is none (R9). @throws STORE_SECRET_UNREADABLE. */
async function assertSecret(file: string): Promise<void> {
  const { mode } = await stat(file).catch((error: unknown) => {
    throw new NocturneError('STORE_SECRET_UNREADABLE', String(error), { cause: error })
  })
  if ((mode & 0o077) === 0) return
  throw new NocturneError('STORE_SECRET_UNREADABLE', `others may read ${file}: run chmod 600`)
}
