import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { workloadLines } from '../../../bench/workload.ts'
import type { MonitorSpec } from '../../../src/model/monitor.ts'
import { readingFields } from '../../../src/model/reading.ts'
import { compileSite } from '../../../src/spark/compile-site.ts'
import type { SparkSession } from '../../../src/spark/spark-session.ts'
import { utf8 } from '../../../src/std/bytes.ts'
import { prng, type Prng } from '../../../src/std/prng.ts'
import { compileMapping } from '../../../src/wire/mapping.ts'
import { checkReading, deriveFields, encodeReading } from '../../../src/wire/reading-codec.ts'
import { readRecording } from '../../rig/recording-oracle.ts'
import { configOf } from '../../rig/replay-run.ts'
import { assertEqualPanes } from '../rig/equal-panes.ts'
import { comparable, foldRows, readPanes } from '../rig/own-panes.ts'
import { withoutJava } from '../rig/servers.ts'
import { runBatch, type SourceRow } from '../rig/spark-batch.ts'
import { sparkAddress, sparkSession, sparkSpec } from '../rig/spark-batches.ts'

const skip = withoutJava()
const RECORDING = '../derived/data/puffer-live-2020-08-24-bba.ndjson.gz'
const START = 1_795_383_150_000
const PARTITIONS = 3
const EXAMPLES = readdirSync('examples').filter((name) => name.endsWith('.yaml'))

type Given = { readonly monitors: readonly MonitorSpec[]; readonly site: string }

async function assertEqual(
  session: SparkSession,
  { monitors, site }: Given,
  rows: readonly SourceRow[],
): Promise<void> {
  const of = { site, ownSite: site, monitors, skewMs: 1e13, partitions: PARTITIONS }
  const program = compileSite({ ...of, spec: { ...sparkSpec, sites: [site] } })
  const spark = await runBatch(session, program, rows)
  const own = foldRows(of, rows)
  const panes = readPanes(spark.panes, monitors)
  assertEqualPanes({ spark: comparable(panes, of), own: comparable(own.panes, of) }, site)
}

const pick = <T>(random: Prng, from: readonly T[]): T => from[random.below(from.length)]!

const TEXTS: Readonly<Record<string, readonly string[]>> = {
  src: ['tcp', 'http', 'player', 'cdn', 'probe', 'beat'],
  object: ['v', 'a', 'av', 'm'],
  sampled: ['session', 'request'],
}

/** Rows with about half of all fields that readings define. */
function knownRows(random: Prng, count: number): readonly SourceRow[] {
  const fields = readingFields.filter(
    ({ name }) => !['v', 'ts', 'stream', 'site', 'final', 'p', 'n'].includes(name),
  )
  return Array.from({ length: count }, (_, i) => {
    const some = fields.filter(() => random.below(2) === 0)
    const values = some.map(({ name, kind }) => {
      if (kind === 'X') return [name, pick(random, TEXTS[name] ?? [`${name}1`, `${name}2`])]
      if (name === 'status') return [name, pick(random, [200, 206, 404, 503])]
      return [name, random.below(3) === 0 ? random.below(3) : random.below(1_000_000) / 1000]
    })
    const rate = random.below(5) === 0 ? { p: 0.1 } : {}
    const row = { ts: START + i * 10, stream: `s${random.below(3)}`, ...rate }
    const value = utf8(JSON.stringify({ ...row, ...Object.fromEntries(values) }))
    return { partition: random.below(PARTITIONS), timestamp: START + i * 10, value }
  })
}

test('[Z11] [V5] the panes of every example are equal', { skip }, async (t) => {
  const session = await sparkSession(t, await sparkAddress(t))
  const rows = knownRows(prng(5), 2000)
  for (const name of EXAMPLES) {
    const { monitors, site } = configOf({ file: `examples/${name}` })
    if (monitors.length > 0) await assertEqual(session, { monitors, site }, rows)
  }
})

test('[Z11] [V5] panes of the workload of our benches are equal', { skip }, async (t) => {
  const session = await sparkSession(t, await sparkAddress(t))
  const lines = [...workloadLines({ seconds: 30, rowsPerSecond: 200, seed: 7, streamCount: 50 })]
  const rows = lines.map((line, i) => {
    const ts = Number(/"ts":(\d+)/.exec(line)?.[1])
    return { partition: i % PARTITIONS, timestamp: ts, value: utf8(line) }
  })
  const { monitors } = configOf({ file: 'examples/ott.yaml' })

  await assertEqual(session, { monitors, site: siteOf(rows) }, rows)
})

const siteOf = (rows: readonly SourceRow[]): string => {
  const site = /"site":"([^"]+)"/.exec(new TextDecoder().decode(rows[0]?.value))?.[1]
  assert.ok(site !== undefined)
  return site
}

const noRecording = existsSync(RECORDING) ? false : `the recording ${RECORDING} is not here`

test('[Z11] [V5] panes of a real day are equal', { skip: skip || noRecording }, async (t) => {
  const session = await sparkSession(t, await sparkAddress(t))
  const config = configOf({ file: 'examples/puffer.yaml' })
  const mapped = compileMapping(config.collect.map)
  const rows = (await readRecording(RECORDING)).map((row, i) => {
    const checked = checkReading(mapped(row))
    assert.ok(checked.ok)
    const value = utf8(encodeReading(deriveFields(checked.reading)))
    return { partition: i % PARTITIONS, timestamp: row.ts, value }
  })

  await assertEqual(session, config, rows)
})
