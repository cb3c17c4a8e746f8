import { NocturneError } from '../../../src/model/nocturne-error.ts'
import type { Prng } from '../../../src/std/prng.ts'
import type { Store } from '../../../src/store/store.ts'
import type { Life, Scheduler } from '../core/scheduler.ts'
import type { Tally } from '../core/tally.ts'
import type { StoreWatch } from '../check/store-watch.ts'

const CALL_US = 5_000

/** Whether the store answers. */
export type StoreMood = { isDown: boolean }

/** A store elsewhere, as one process sees it: calls take their time, and fail while it is down. */
export function simStore(
  store: Store,
  parts: {
    readonly scheduler: Scheduler
    readonly life: Life
    readonly random: Prng
    readonly mood: StoreMood
    readonly tally: Tally
    readonly watch: StoreWatch
  },
): Store {
  const { scheduler, life, random, mood, tally, watch } = parts
  const call = <T>(act: () => Promise<T>): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    if (life.isOver) return promise
    // On its way there it is nobody's: it arrives although its sender is gone.
    scheduler.after(random.below(CALL_US), undefined, () => {
      const isRefused = mood.isDown
      if (isRefused) tally.add('store down')
      const outcome = isRefused
        ? Promise.reject(new NocturneError('STORE_UNAVAILABLE', 'simulated'))
        : act()
      outcome.then(
        (answer) => void scheduler.after(random.below(CALL_US), life, () => resolve(answer)),
        (error: unknown) => void scheduler.after(random.below(CALL_US), life, () => reject(error)),
      )
    })
    return promise
  }
  return {
    migrate: () => call(() => store.migrate()),
    upsert: (rows) =>
      call(async () => {
        await store.upsert(rows)
        watch.stored([...(rows.windows ?? []), ...(rows.steps ?? [])])
      }),
    series: (query) => call(() => store.series(query)),
    worst: (query) => call(() => store.worst(query)),
    history: (query) => call(() => store.history(query)),
    coverage: (query) => call(() => store.coverage(query)),
    retain: (keptFrom) => call(() => store.retain(keptFrom)),
    close: () => Promise.resolve(),
  }
}
