import { parseArgs } from 'node:util'
import { Tally } from './core/tally.ts'
import { seedsFrom, seedText } from './core/seed.ts'
import { firstSeed } from './first-seed.ts'
import { fewestFaults, runSeed, verdictText } from './run-seed.ts'

// `npm run sim -- --seed 0x…` replays one world; `--seeds 1000` runs so many, the first of them
// that of the commit or as given. `--trace` prints everything that happens.
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
})

const first = values.seed === undefined ? firstSeed() : BigInt(values.seed)
const tally = new Tally()
let failedCount = 0
for (const seed of seedsFrom(first, Number(values.seeds))) {
  const print = (line: string) => void process.stdout.write(line)
  const report = await runSeed(seed, values.trace ? { print } : {})
  tally.addAll(report.tally)
  console.log(`${seedText(seed)} ${report.digest} ${verdictText(report.verdict)}`)
  if (report.error === undefined) continue
  failedCount++
  console.log(report.error)
  const faults = await fewestFaults(seed, report.faults)
  console.log(`it fails with ${faults.length} of ${report.faults.length} faults:`)
  for (const fault of faults) console.log(JSON.stringify(fault))
}
console.log(tally.lines.join('\n'))
process.exitCode = failedCount === 0 ? 0 : 1
