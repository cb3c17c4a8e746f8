import { execFileSync } from 'node:child_process'

/**
 * Where a fuzz begins: FUZZ_SEED, else the commit at hand, so that each commit tries other
 * inputs; 1 where there is no repository. A failure names it, and the variable plays it again.
 */
export function fuzzSeed(): number {
  const given = process.env['FUZZ_SEED']
  if (given !== undefined) return Number(given)
  try {
    const head = execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return Number.parseInt(head.slice(0, 8), 16)
  } catch (error) {
    if (error instanceof Error) return 1
    throw error
  }
}
