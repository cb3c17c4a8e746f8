import { after, describe, test } from 'node:test'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { appendCases } from './suite/append-cases.suite.ts'
import { foreignCases } from './suite/foreign-cases.suite.ts'
import { groupCases } from './suite/group-cases.suite.ts'
import { lifeCases } from './suite/life-cases.suite.ts'
import type { LogCase } from './suite/log-case.suite.ts'
import type { LogFactory } from './suite/log-under-test.suite.ts'
import { LogRig } from './suite/log-rig.suite.ts'
import { readCases } from './suite/read-cases.suite.ts'
import { positionCases } from './suite/position-cases.suite.ts'
import { topicCases } from './suite/topic-cases.suite.ts'

const cases: readonly LogCase[] = [
  ...topicCases,
  ...appendCases,
  ...readCases,
  ...foreignCases,
  ...groupCases,
  ...positionCases,
  ...lifeCases,
]

/**
 * What every log keeps, asked of one adapter. `factory` makes a fresh, empty log a case and
 * brings its time from the clock given; `skip` is case id → why this adapter cannot do it.
 */
export function logSuite(
  name: string,
  factory: LogFactory,
  { skip }: { readonly skip: Readonly<Record<string, string>> },
): void {
  const rigs = new Set<LogRig>()
  describe(`${name} log`, () => {
    after(async () => {
      for (const rig of rigs) await rig.end()
    })
    for (const { title, run } of cases) {
      const id = /^\[(L\d+)\]/.exec(title)?.[1] ?? title
      test(title, { skip: skip[id] ?? false, timeout: 30_000 }, async () => {
        const clock = new SimulatedClock()
        const rig = new LogRig(await factory(clock), clock)
        rigs.add(rig)
        await run(rig)
        rigs.delete(rig)
        await rig.end()
      })
    }
  })
}
