import process from 'node:process'
import { prng } from '../../../src/std/prng.ts'
import { systemClock } from '../../../src/std/clock.ts'
import type { CassandraOptions } from '../../../src/store/cassandra/cassandra-options.ts'
import { openCassandraStore } from '../../../src/store/cassandra/cassandra-store.ts'
import type { StoreRows } from '../../../src/store/store.ts'
import { storeRows } from './store-rows.ts'

/** What the process is told: its own order, and whether it writes everything twice. */
export type WriterPlan = {
  readonly options: CassandraOptions
  readonly seed: number
  readonly times: 1 | 2
}

const CHUNK_ROWS_MAX = 700

/** The same rows in an order of the seed's. */
function shuffled(rows: readonly StoreRows[], seed: number): readonly StoreRows[] {
  const random = prng(seed)
  const left = [...rows]
  for (let i = left.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[left[i], left[j]] = [left[j]!, left[i]!]
  }
  return left
}

const joined = (rows: readonly StoreRows[]): StoreRows => ({
  windows: rows.flatMap(({ windows = [] }) => windows),
  rollUps: rows.flatMap(({ rollUps = [] }) => rollUps),
  steps: rows.flatMap(({ steps = [] }) => steps),
  coverage: rows.flatMap(({ coverage = [] }) => coverage),
})

const { options, seed, times }: WriterPlan = JSON.parse(process.argv[2] ?? '')
const store = openCassandraStore(options, { clock: systemClock })
const random = prng(seed + 1)
for (let round = 0; round < times; round++) {
  const rows = shuffled(storeRows(), seed + round)
  for (let from = 0; from < rows.length;) {
    const count = 1 + random.below(CHUNK_ROWS_MAX)
    await store.upsert(joined(rows.slice(from, from + count)))
    from += count
  }
}
await store.close()
