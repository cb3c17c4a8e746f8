// The rival of a whole replay, as a process: node bench/naive-replay.ts FILE
// It reads a file line by line, parses each row and ends with the digest that `replay` must have.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { digestOf } from './naive-digest.ts'
import { NaivePanes, type OttRow } from './naive-panes.ts'

const startedAt = performance.now()
const panes = new NaivePanes()
let rows = 0
for await (const line of createInterface({ input: createReadStream(process.argv[2] ?? '') })) {
  panes.add(JSON.parse(line) as OttRow)
  rows++
}
const { windows, digest } = digestOf(panes)
const seconds = (performance.now() - startedAt) / 1000
const rss_mb = Math.round(process.resourceUsage().maxRSS / 1024)
process.stdout.write(`${JSON.stringify({ rows, rejected: 0, windows, digest, seconds, rss_mb })}\n`)
