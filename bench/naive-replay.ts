// The rival of a whole replay, as a process: node bench/naive-replay.ts FILE
// It reads a file line by line, parses each row and ends with the digest that `replay` must have.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { NaivePanes, type OttRow } from './naive-panes.ts'

const startedAt = performance.now()
const panes = new NaivePanes()
let rows = 0
for await (const line of createInterface({ input: createReadStream(process.argv[2] ?? '') })) {
  panes.add(JSON.parse(line) as OttRow)
  rows++
}
const hash = createHash('sha256')
let windows = 0
for (const { stream, end, count, retrans, rttMax } of panes.windows()) {
  windows++
  const group = JSON.stringify({ stream })
  const values = JSON.stringify({ count, retrans, rtt_max: rttMax })
  hash.update(
    `{"scope":"all","monitor":"ott-10s","group":${group},"start":${end - 10_000},"end":${end},` +
      `"complete":true,"values":${values}}\n`,
  )
}
const seconds = (performance.now() - startedAt) / 1000
const rss_mb = Math.round(process.resourceUsage().maxRSS / 1024)
const digest = hash.digest('hex')
process.stdout.write(`${JSON.stringify({ rows, rejected: 0, windows, digest, seconds, rss_mb })}\n`)
