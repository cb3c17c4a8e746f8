import { judge, type Verdict } from './check/judge.ts'
import type { Tally } from './core/tally.ts'
import { faultsOf, type Fault } from './world/faults.ts'
import { scenarioOf } from './world/scenario.ts'
import { World, type WorldPlan } from './world/world.ts'

/** What one world came to. */
export type WorldReport = {
  readonly faults: readonly Fault[]
  /** Digest of everything that happened, in order. */
  readonly digest: string
  readonly tally: Tally
  readonly eventCount: number
  /** Effects of the last process that stopped in good order. */
  readonly effectCount: number
  /** Absent where the run failed; then the error is there. */
  readonly verdict?: Verdict
  readonly error?: unknown
}

/** Lets a world happen and judges what it left behind. Resolves always. */
export async function runWorld(plan: WorldPlan): Promise<WorldReport> {
  const world = new World(plan)
  const report = () => ({
    faults: plan.faults,
    digest: world.trace.digest(),
    tally: world.tally,
    eventCount: world.scheduler.eventCount,
    effectCount: world.stopped?.gate.count ?? 0,
  })
  try {
    await world.run()
    const verdict = await judge(world)
    return { ...report(), verdict }
  } catch (error) {
    return { ...report(), error }
  } finally {
    world.remove()
  }
}

/** A verdict in one line. */
export const verdictText = (verdict: Verdict | undefined): string =>
  verdict === undefined ? 'failed' : JSON.stringify({ ...verdict, windows: verdict.windows.size })

/** The world of a seed; `changes` take the place of what the seed says. */
export function runSeed(seed: bigint, changes: Partial<WorldPlan> = {}): Promise<WorldReport> {
  const scenario = changes.scenario ?? scenarioOf(seed)
  return runWorld({ seed, scenario, faults: faultsOf(seed, scenario), ...changes })
}

/** The faults that a failing seed needs, one after the other left out as long as it still fails. */
export async function fewestFaults(
  seed: bigint,
  faults: readonly Fault[],
): Promise<readonly Fault[]> {
  let left = faults
  for (let i = left.length - 1; i >= 0; i--) {
    const fewer = left.toSpliced(i, 1)
    const { error } = await runSeed(seed, { faults: fewer })
    if (error !== undefined) left = fewer
  }
  return left
}
