// Replays one recording in a process of its own, so that a test may kill it at any moment:
//   node test/rig/replay-child.ts '{"path":…,"config":…,"dataFolder":…,"partitions":4,…}'
// The last line on stdout is the summary. With `isWatched` each line before it is a moment to die.
import { loadConfig } from '../../src/config/load-config.ts'
import { replay, type ReplayRequest } from '../../src/app/replay.ts'

type Wish = Omit<ReplayRequest, 'config' | 'progress' | 'rssMb'> & { readonly config: string }

const { config: file, ...wish } = JSON.parse(process.argv[2] ?? '{}') as Wish
const loaded = loadConfig({ file, env: {} })
if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors))
const summary = await replay({
  ...wish,
  config: loaded.config,
  progress: { readBytes: 0, rows: 0 },
  rssMb: () => Math.round(process.resourceUsage().maxRSS / 1024),
})
process.stdout.write(`${JSON.stringify(summary)}\n`)
