import { createHash } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import type { ServeConfig } from '../../serve/config.ts'
import type { WallFiles } from '../../serve/wall-files.ts'
import { byText } from '../../std/by-text.ts'

/** What the server is told of the configuration. */
export function serveConfig(config: Config, wallFiles: WallFiles): ServeConfig {
  const isSimulated = config.collect.sources.some(({ kind }) => kind === 'match-night')
  return {
    ...config.http,
    hosts: [],
    you: 'operator',
    build: buildOf(wallFiles),
    simulatedSites: isSimulated ? ['sim-ams1', 'sim-lyo1', 'sim-waw1'] : [],
    absentMs: config.absentMs,
    keptMs: config.store.keptMs,
  }
}

/** Changes with every file of the wall, so that an open wall notices a newer one (U4). */
function buildOf(files: WallFiles): string {
  const hash = createHash('sha256')
  const inOrder = [...files].sort(([a], [b]) => byText(a, b))
  for (const [path, { bytes }] of inOrder) hash.update(path).update(bytes)
  return hash.digest('hex').slice(0, 12)
}
