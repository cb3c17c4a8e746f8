import { judge, type Verdict } from './check/judge.ts'
import type { Tally } from './core/tally.ts'
import { faultsOf, type Fault } from './world/faults.ts'
import { scenarioOf } from './world/scenario.ts'
import { World } from './world/world.ts'

/** What one seed's world came to. */
export type SeedReport = {
  readonly faults: readonly Fault[]
  /** Digest of everything that happened, in order. */
  readonly digest: string
  readonly tally: Tally
  readonly eventCount: number
  /** Absent where the run failed; then the error is there. */
  readonly verdict?: Verdict
  readonly error?: unknown
}

export type SeedOptions = {
  /** Instead of the seed's own. */
  readonly faults?: readonly Fault[]
  readonly print?: (line: string) => void
}

/** Lets the world of a seed happen and judges what it left behind. Resolves always. */
export async function runSeed(seed: bigint, options: SeedOptions = {}): Promise<SeedReport> {
  const scenario = scenarioOf(seed)
  const faults = options.faults ?? faultsOf(seed, scenario)
  const world = new World({ seed, scenario, faults, ...options })
  const report = () => ({
    faults,
    digest: world.trace.digest(),
    tally: world.tally,
    eventCount: world.scheduler.eventCount,
  })
  try {
    await world.run()
    const verdict = await judge(world)
    return { ...report(), verdict }
  } catch (error) {
    return { ...report(), error }
  } finally {
    world.metaFiles.remove()
  }
}
