import type { Config } from '../config/config.ts'
import { NocturneError } from '../model/nocturne-error.ts'

/** The parts of a configuration by the names that a file gives them; `monitors` may change. */
const NAMES = {
  site: 'site',
  dataFolder: 'data',
  skewMs: 'skew',
  absentMs: 'absent',
  workers: 'workers',
  log: 'log',
  store: 'store',
  collect: 'collect',
  aggregate: 'aggregate',
  http: 'http',
  notify: 'notify',
  forward: 'forward',
  sites: 'sites',
} as const satisfies Record<Exclude<keyof Config, 'monitors'>, string>

type Part = keyof typeof NAMES

/**
 * Refuses a configuration that differs from the one in force in more than its monitors (R3).
 * @throws CONFIG_NEEDS_RESTART with the names of what differs.
 */
export function assertReloadable(inForce: Config, wanted: Config): void {
  const parts = Object.keys(NAMES) as readonly Part[]
  const differing = parts.filter((part) => textOf(inForce[part]) !== textOf(wanted[part]))
  const isOtherKey = keyOf(inForce) !== keyOf(wanted)
  if (isOtherKey && !differing.includes('collect')) differing.push('collect')
  if (differing.length === 0) return
  const names = differing.map((part) => NAMES[part])
  throw new NocturneError('CONFIG_NEEDS_RESTART', names.join(', '))
}

/** Both were made by the same code, so that their keys have one order. */
const textOf = (part: unknown): string => JSON.stringify(part)

/** A secret looks like every other one unless it is revealed. */
const keyOf = ({ collect }: Config): string => String(collect.sampling.key?.reveal())
