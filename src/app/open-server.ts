import { createHash } from 'node:crypto'
import type { Config } from '../config/config.ts'
import type { ServeOptions } from '../serve/serve-context.ts'
import { createServer, type NocturneServer } from '../serve/server.ts'
import { loadWallFiles, type WallFiles } from '../serve/wall-files.ts'
import { byText } from '../std/by-text.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Collectors } from './collectors.ts'

/** What the server asks of the rest of the program. */
export type ServerParts = Pick<
  ServeOptions,
  'log' | 'store' | 'clock' | 'lane' | 'readTo' | 'gaps' | 'readiness'
> & {
  readonly config: Config
  readonly http: Collectors['http']
  readonly metrics: Metrics
  readonly wallFolder: string
}

/** Makes the server of the wall and the API; it does not listen yet. */
export async function openServer(parts: ServerParts): Promise<NocturneServer> {
  const { config, http, metrics, wallFolder, ...rest } = parts
  const wallFiles = await loadWallFiles(wallFolder)
  const sites = config.collect.sources.some((source) => source.kind === 'match-night')
  return createServer({
    ...rest,
    monitors: config.monitors,
    metrics: metrics.registry,
    intake: (body, { contentType, contentEncoding }) =>
      http.post({ body, contentType, contentEncoding }),
    config: {
      ...config.http,
      hosts: [],
      you: 'operator',
      build: buildOf(wallFiles),
      simulatedSites: sites ? ['sim-ams1', 'sim-lyo1', 'sim-waw1'] : [],
      absentMs: config.absentMs,
    },
    wallFiles,
    count: (what, reason) => metrics.serve.inc({ what, reason }),
    epoch: rest.clock.now().toString(36),
    jitter: Math.random,
  })
}

/** Changes with every file of the wall, so that an open wall notices a newer one (U4). */
function buildOf(files: WallFiles): string {
  const hash = createHash('sha256')
  const inOrder = [...files].sort(([a], [b]) => byText(a, b))
  for (const [path, { bytes }] of inOrder) hash.update(path).update(bytes)
  return hash.digest('hex').slice(0, 12)
}
