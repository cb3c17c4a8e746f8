import type { Config } from '../../config/config.ts'
import type { ServeOptions } from '../../serve/serve-context.ts'
import { createServer, type NocturneServer } from '../../serve/server.ts'
import { loadWallFiles } from '../../serve/wall-files.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { Collectors } from '../collectors.ts'
import { serveConfig } from './serve-config.ts'

/** What the server asks of the rest of the program. */
export type ServerParts = Pick<
  ServeOptions,
  'log' | 'store' | 'clock' | 'lane' | 'readTo' | 'gaps' | 'readiness' | 'logView' | 'engines'
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
  return createServer({
    ...rest,
    monitors: config.monitors,
    metrics: metrics.registry,
    intake: (body, { contentType, contentEncoding }) =>
      http.post({ body, contentType, contentEncoding }),
    config: serveConfig(config, wallFiles),
    wallFiles,
    count: (what, reason) => metrics.serve.inc({ what, reason }),
    epoch: rest.clock.now().toString(36),
    jitter: Math.random,
  })
}
