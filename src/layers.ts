/** The rooms of the house as data: `scripts/tidy.ts` fails the build on an import not listed. */
export type Room = {
  readonly level: number
  /** One sentence: what belongs here. */
  readonly charter: string
  /** Rooms it may import, types included. */
  readonly rooms: readonly string[]
  /** `node:` modules and packages it may import. */
  readonly outside: readonly string[]
  /** Synchronous and deterministic: no I/O, no clock, no randomness, no logging. */
  readonly pure: boolean
  /** Where the room is a seam: the one file that others may import. */
  readonly door?: string
}

const below = ['std', 'model', 'telemetry'] as const

/** Adapters are rooms of their own below a seam: only `app.ts` names them. */
export const layers: Readonly<Record<string, Room>> = {
  std: { level: 0, charter: 'what the language lacks', rooms: [], outside: [], pure: true },
  model: { level: 1, charter: 'the nouns', rooms: ['std'], outside: [], pure: true },
  telemetry: {
    level: 1,
    charter: 'our own logs and metrics, one emitter each',
    rooms: ['std', 'model'],
    outside: ['pino', 'prom-client'],
    pure: false,
  },
  wire: {
    level: 2,
    charter: 'bytes to values and back',
    rooms: ['std', 'model'],
    outside: [],
    pure: true,
  },
  window: {
    level: 2,
    charter: 'where a timestamp falls and when it is over',
    rooms: ['std', 'model'],
    outside: [],
    pure: true,
  },
  sketch: {
    level: 2,
    charter: 'how many values become one',
    rooms: ['std', 'model'],
    outside: [],
    pure: true,
  },
  alert: {
    level: 2,
    charter: 'whether it is worth waking someone',
    rooms: ['std', 'model'],
    outside: ['@marcbachmann/cel-js'],
    pure: true,
  },
  log: {
    level: 3,
    charter: 'the log seam',
    rooms: ['std', 'model'],
    outside: [],
    pure: false,
    door: 'log.ts',
  },
  'log/memory': {
    level: 3,
    charter: 'the log in memory',
    rooms: ['std', 'model', 'log', 'wire'],
    outside: [],
    pure: false,
  },
  'log/embedded': {
    level: 3,
    charter: 'the log as segment files of Kafka record batches',
    rooms: [...below, 'log', 'wire'],
    outside: [
      'node:fs',
      'node:fs/promises',
      'node:path',
      'node:sqlite',
      'node:zlib',
      'node:buffer',
      'node:worker_threads',
    ],
    pure: false,
  },
  'log/codecs': {
    level: 3,
    charter: 'what a machine does faster for record batches than we can write it',
    rooms: ['std', 'wire'],
    outside: ['@node-rs/crc32'],
    pure: false,
  },
  store: {
    level: 3,
    charter: 'the store seam',
    rooms: ['std', 'model'],
    outside: [],
    pure: false,
    door: 'store.ts',
  },
  'store/memory': {
    level: 3,
    charter: 'the store in memory',
    rooms: ['std', 'model', 'store'],
    outside: [],
    pure: false,
  },
  'store/sqlite': {
    level: 3,
    charter: 'the store in SQLite',
    rooms: [...below, 'store', 'wire'],
    outside: ['node:sqlite', 'node:fs', 'node:fs/promises', 'node:path', 'node:worker_threads'],
    pure: false,
  },
  collect: {
    level: 4,
    charter: 'the outside world to readings',
    rooms: [...below, 'wire', 'log'],
    outside: [
      'node:fs',
      'node:fs/promises',
      'node:zlib',
      'node:child_process',
      'node:stream',
      'node:os',
      'node:path',
      'node:crypto',
      'node:net',
    ],
    pure: false,
  },
  aggregate: {
    level: 4,
    charter: 'readings to panes',
    rooms: [...below, 'wire', 'window', 'sketch', 'log'],
    outside: [],
    pure: false,
  },
  evaluate: {
    level: 4,
    charter: 'panes to windows and steps',
    rooms: [...below, 'wire', 'window', 'sketch', 'alert', 'log'],
    outside: [],
    pure: false,
  },
  record: {
    level: 4,
    charter: 'windows and steps to the store',
    rooms: [...below, 'wire', 'log', 'store'],
    outside: [],
    pure: false,
  },
  notify: {
    level: 4,
    charter: 'steps to people',
    rooms: [...below, 'wire', 'alert', 'log'],
    outside: ['node:http', 'node:https'],
    pure: false,
  },
  forward: {
    level: 4,
    charter: 'a site’s log to the cloud’s, and what the cloud admits of it',
    rooms: [...below, 'wire', 'log'],
    outside: [],
    pure: false,
  },
  serve: {
    level: 4,
    charter: 'HTTP API, live events, health, the wall',
    rooms: [...below, 'wire', 'log', 'store'],
    outside: [
      'fastify',
      'node:fs',
      'node:fs/promises',
      'node:path',
      'node:crypto',
      'node:zlib',
      'node:stream',
      'node:http',
    ],
    pure: false,
  },
  config: {
    level: 5,
    charter: 'one file configures all; the only reader of environment and settings',
    rooms: [
      ...below,
      'wire',
      'window',
      'sketch',
      'alert',
      'log',
      'store',
      'collect',
      'aggregate',
      'evaluate',
      'record',
      'notify',
      'serve',
    ],
    outside: ['zod', 'yaml', 'node:fs', 'node:path', 'node:os'],
    pure: false,
  },
  app: {
    level: 6,
    charter: 'composition root: start, stop',
    rooms: ['*'],
    outside: [
      'node:events',
      'node:fs',
      'node:fs/promises',
      'node:path',
      'node:os',
      'node:crypto',
      'node:worker_threads',
    ],
    pure: false,
  },
  cli: {
    level: 7,
    charter: 'argv, signals, exit codes',
    rooms: ['*'],
    outside: [
      'commander',
      'node:fs',
      'node:fs/promises',
      'node:path',
      'node:os',
      'node:process',
      'node:http',
      'node:crypto',
      'node:stream',
      'node:zlib',
      'node:v8',
      'node:readline',
      'node:tty',
      'node:events',
      'node:worker_threads',
    ],
    pure: false,
  },
}
