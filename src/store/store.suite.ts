import { describe, test } from 'node:test'
import { SimulatedClock } from '../std/simulated-clock.ts'
import { queryCases } from './suite/query-cases.suite.ts'
import type { StoreFactory } from './suite/store-case.suite.ts'
import { tierCases } from './suite/tier-cases.suite.ts'
import { upsertCases } from './suite/upsert-cases.suite.ts'

/**
 * What every store keeps, asked of one adapter. `factory` makes a fresh, empty store a case;
 * `skip` is the case's title → why this adapter cannot do it.
 */
export function storeSuite(
  name: string,
  factory: StoreFactory,
  { skip }: { readonly skip: Readonly<Record<string, string>> },
): void {
  describe(`${name} store`, () => {
    for (const { title, run } of [...upsertCases, ...tierCases, ...queryCases]) {
      test(title, { skip: skip[title] ?? false, timeout: 30_000 }, async () => {
        const { open, destroy } = await factory(new SimulatedClock())
        const store = await open()
        await store.migrate()
        await run(store)
        await store.close()
        await destroy()
      })
    }
  })
}
