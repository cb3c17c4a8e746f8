// A year of history in SQLite: hours of 1,000 groups for a year and minutes of ten of them for 35
// days, written as fast as they go; then a month of one group, and what a group-year takes on disk.
// GROUP_COUNT=… and DAYS=… make it smaller. In Cassandra: bench/stack/how-long-is-a-year.bench.ts
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../src/std/clock.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { inTemporaryFolder } from './temporary-folder.ts'
import { measureYear } from './year-of-groups.ts'

const size = {
  groups: Number(process.env['GROUP_COUNT'] ?? 1_000),
  days: Number(process.env['DAYS'] ?? 365),
  minuteGroups: Number(process.env['MINUTE_GROUPS'] ?? 10),
}

await inTemporaryFolder(async (folder) => {
  const file = join(folder, 'store.db')
  const store = openSqliteStore({
    file,
    clock: systemClock,
    onSetAside: ({ reason }) => {
      throw new Error(reason)
    },
  })
  await measureYear(
    {
      bench: 'how-long-is-a-year',
      store,
      storedBytes: async () => (await stat(file)).size,
      say: (text) => void process.stderr.write(`${text}\n`),
    },
    size,
  )
  await store.close()
})
