import { execFileSync } from 'node:child_process'

/** The first 16 hex digits of the commit: each one looks at worlds that none before it did. */
export function firstSeed(): bigint {
  const hash = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
  return BigInt(`0x${hash.slice(0, 16)}`)
}
