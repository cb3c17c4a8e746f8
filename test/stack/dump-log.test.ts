import assert from 'node:assert/strict'
import { appendFile, cp, mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { readToEnd, type Log, type LogRecord } from '../../src/log/log.ts'
import { topicSpec } from '../../src/log/suite/log-rig.suite.ts'
import { utf8 } from '../../src/std/bytes.ts'
import { prng } from '../../src/std/prng.ts'
import { SimulatedClock } from '../../src/std/simulated-clock.ts'
import { auditSegments, kafkaJars, type AuditedRow } from './segment-audit.ts'

const jars = await kafkaJars()
const skip = jars.ok ? false : jars.reason
const folderOfJars = jars.ok ? jars.folder : ''

/** Small segments, so that a test has several; no floor for free space. */
const limits = { segmentBytes: 65_536, freeBytesMin: 0, freeRatioMin: 0, reserveBytes: 4_096 }

/** A log with some hundred rows of all kinds in partition 0 of `rows`, and what they are. */
async function filled(t: TestContext): Promise<Filled> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-audit-'))
  t.after(() => rm(folder, { recursive: true }))
  const clock = new SimulatedClock()
  const log = await openEmbeddedLog({ folder, clock, limits })
  await log.createTopic(topicSpec())
  const random = prng(3)
  const rows: AuditedRow[] = []
  for (let call = 0; call < 60; call++) {
    const calls = Array.from({ length: 1 + random.below(20) }, () => {
      const key = random.below(5) === 0 ? null : `stream-${random.below(50)}`
      const value = random.below(9) === 0 ? null : 'é'.repeat(random.below(200))
      rows.push({ offset: rows.length, key, value })
      return recordOf({ key, value })
    })
    await log.append('rows', calls)
    clock.advance(1_000)
  }
  return { folder, log, clock, rows }
}

type Filled = {
  readonly folder: string
  readonly log: Log
  readonly clock: SimulatedClock
  readonly rows: readonly AuditedRow[]
}

const recordOf = ({ key, value }: Omit<AuditedRow, 'offset'>): LogRecord => ({
  ...(key !== null && { key: utf8(key) }),
  ...(value !== null && { value: utf8(value) }),
})

/** Segment files of partition 0 of a topic, oldest first. */
async function segmentsOf(folder: string, topic = 'rows'): Promise<string[]> {
  const partition = join(folder, 'log', `${topic}-0`)
  const names = (await readdir(partition)).filter((name) => name.endsWith('.log'))
  return names.sort().map((name) => join(partition, name))
}

test(
  'Kafka’s own reader finds every row in our segments, and nothing wrong',
  { skip },
  async (t) => {
    const { folder, log, rows } = await filled(t)
    await log.close()
    const segments = await segmentsOf(folder)

    const audit = await auditSegments(folderOfJars, segments)

    assert.ok(segments.length >= 3)
    assert.deepEqual(audit.faults, [])
    assert.equal(audit.batches, 60)
    assert.deepEqual(audit.rows, rows)
  },
)

test(
  '[L10] after a crash with a torn tail Kafka’s reader finds all rows and no rest',
  { skip },
  async (t) => {
    const { folder, log, clock, rows } = await filled(t)
    // What lies on disk while the log is open is what a crash would leave.
    const crashed = join(folder, 'crashed')
    await cp(join(folder, 'log'), join(crashed, 'log'), { recursive: true })
    await log.close()
    const active = (await segmentsOf(crashed)).at(-1)!
    await appendFile(active, utf8('the beginning of a batch that never was'))
    const torn = await auditSegments(folderOfJars, [active])
    assert.notDeepEqual(torn.faults, [])

    const again = await openEmbeddedLog({ folder: crashed, clock, limits })
    await again.append('rows', [recordOf({ key: 'after', value: 'the crash' })])
    await again.close()

    const audit = await auditSegments(folderOfJars, await segmentsOf(crashed))
    assert.deepEqual(audit.faults, [])
    const last = { offset: rows.length, key: 'after', value: 'the crash' }
    assert.deepEqual(audit.rows, [...rows, last])
  },
)

test('Kafka’s reader finds the segments of a compacted topic valid', { skip }, async (t) => {
  const { folder, log, clock } = await filled(t)
  await log.createTopic(topicSpec({ topic: 'kept', cleanup: 'compact' }))
  await log.append('kept', [recordOf({ key: 'once', value: 'only' })])
  for (let i = 1; i < 3_000; i++) {
    const appended = log.append('kept', [recordOf({ key: `k${i % 7}`, value: 'x'.repeat(100) })])
    if (i % 500 === 499) await appended
  }
  let count = 3_000
  for (let turn = 0; turn < 2_000 && count === 3_000; turn++) {
    clock.advance(60_000)
    count = await rowCount(log, 'kept')
  }
  await log.close()
  const again = await openEmbeddedLog({ folder, clock, limits })
  count = await rowCount(again, 'kept')
  await again.close()

  const audit = await auditSegments(folderOfJars, await segmentsOf(folder, 'kept'))

  // Gaps in the offsets are what compaction is; a batch that Kafka refuses is not.
  assert.deepEqual(
    audit.faults.filter((fault) => !fault.startsWith('gap: ')),
    [],
  )
  assert.ok(count < 3_000)
  assert.equal(audit.rows.length, count)
  assert.deepEqual(audit.rows[0], { offset: 0, key: 'once', value: 'only' })
  assert.equal(audit.rows.at(-1)!.offset, 2_999)
})

async function rowCount(log: Log, topic: string): Promise<number> {
  let count = 0
  for await (const batch of readToEnd(log, { topic, partition: 0 })) count += batch.count
  return count
}

test('the auditor sees a flipped bit and bytes that belong to no batch', { skip }, async (t) => {
  const { folder, log } = await filled(t)
  await log.close()
  const [first] = await segmentsOf(folder)
  const handle = await open(first!, 'r+')
  const byte = new Uint8Array(1)
  await handle.read(byte, 0, 1, 300)
  byte[0]! ^= 0x10
  await handle.write(byte, 0, 1, 300)
  await handle.close()
  await appendFile(first!, utf8('junkjunk'))

  const { faults } = await auditSegments(folderOfJars, [first!])

  assert.ok(faults.some((fault) => fault.startsWith('not valid: ')))
  assert.ok(faults.some((fault) => fault.startsWith('Found 8 invalid bytes')))
})
