// All benches, one process after another: node bench/run.ts [--stack] [PART OF A NAME]
// Every figure is printed as a JSON line; a ratio worse than the baseline allows ends with 1.
// With --stack those beside real servers, which need Java and Maven.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import type { FigureLine } from './figure.ts'
import { breachesOf, type Baseline } from './gate.ts'

const words = process.argv.slice(2)
const isStack = words.includes('--stack')
const folder = join(import.meta.dirname, isStack ? 'stack' : '.')
const part = words.find((word) => word !== '--stack') ?? ''
const lines: FigureLine[] = []
const failed: string[] = []

const files = readdirSync(folder).filter(
  (name) => name.endsWith('.bench.ts') && name.includes(part),
)
for (const file of files.sort()) {
  const child = spawn(execPath, [join(folder, file)], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    process.stdout.write(`${line}\n`)
    lines.push(JSON.parse(line) as FigureLine)
  }
  await exited
  if (child.exitCode !== 0) failed.push(`${file} ended with ${child.exitCode ?? child.signalCode}`)
}

const baseline = JSON.parse(
  readFileSync(join(import.meta.dirname, 'baseline.json'), 'utf8'),
) as Baseline
const benches = files.map((file) => `${isStack ? 'stack/' : ''}${file.replace('.bench.ts', '')}`)
const asked = Object.entries(baseline).filter(([bench]) => benches.includes(bench))
const breaches = [...failed, ...breachesOf(lines, Object.fromEntries(asked))]
for (const breach of breaches) process.stderr.write(`${breach}\n`)
process.exitCode = breaches.length === 0 ? 0 : 1
