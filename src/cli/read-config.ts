import { join, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { configErrorText, type ConfigError } from '../config/config-error.ts'
import { loadConfig } from '../config/load-config.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import type { Terminal } from './terminal.ts'

/** The flags that win over environment and file (R8). */
export type ConfigFlags = {
  readonly config?: string
  readonly data?: string
  readonly listen?: string
  readonly engine?: string
}

/** What runs where no file is named: the match night beside this host's own connections. */
const BUILT_IN = join(import.meta.dirname, '../../examples/nocturne.yaml')
/** Its data lies in the working folder, since the program's own may be read-only. */
const DATA_FOLDER = '.nocturne'

/**
 * The configuration that a command runs with: flags, else environment, else file, else default.
 * @throws CONFIG_INVALID with every mistake on a line of its own.
 */
export const readConfig = (flags: ConfigFlags, terminal: Pick<Terminal, 'env'>): Config =>
  readNotedConfig(flags, terminal).config

/** The same, with what is right in it and still worth knowing. @throws CONFIG_INVALID */
export function readNotedConfig(
  { config, data, listen, engine }: ConfigFlags,
  { env }: Pick<Terminal, 'env'>,
): { readonly config: Config; readonly notes: readonly ConfigError[] } {
  const folder = data ?? (config === undefined ? (env.NOCTURNE_DATA ?? DATA_FOLDER) : undefined)
  const loaded = loadConfig({
    file: config ?? BUILT_IN,
    env: {
      ...env,
      ...(folder === undefined ? {} : { NOCTURNE_DATA: resolve(folder) }),
      ...(listen === undefined ? {} : { NOCTURNE_HTTP_LISTEN: listen }),
      ...(engine === undefined ? {} : { NOCTURNE_AGGREGATE_ENGINE: engine }),
    },
  })
  if (loaded.ok) return loaded
  const lines = loaded.errors.map((error) => `\n${configErrorText(error)}`)
  throw new NocturneError('CONFIG_INVALID', lines.join(''))
}
