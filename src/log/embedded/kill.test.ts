import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { utf8Text } from '../../std/bytes.ts'
import { systemClock } from '../../std/clock.ts'
import { prng } from '../../std/prng.ts'
import { openEmbeddedLog } from './embedded-log.ts'
import { SMALL_LIMITS } from './embedded-rig.suite.ts'

const PARTITIONS = 3
const LIMITS = { ...SMALL_LIMITS, segmentBytes: 300_000 }

/**
 * Appends numbered rows to three partitions, eight calls under way, and prints partition and last
 * number of each call that resolved. A row says its number and is as long as that demands.
 */
const CHILD = `
  const [folder, limits, ...nexts] = process.argv.slice(1)
  const at = ${JSON.stringify(new URL('./embedded-log.ts', import.meta.url).href)}
  const clock = ${JSON.stringify(new URL('../../std/clock.ts', import.meta.url).href)}
  const { openEmbeddedLog } = await import(at)
  const { systemClock } = await import(clock)
  const log = await openEmbeddedLog({ folder, clock: systemClock, limits: JSON.parse(limits) })
  await log.createTopic({ topic: 'rows', partitions: ${PARTITIONS}, cleanup: 'delete',
    retentionMs: -1, retentionBytes: -1, durability: 'ack', recordBytesMax: 1e6 })
  const next = nexts.map(Number)
  const writer = async (partition) => {
    for (let call = 0; ; call++) {
      const rows = Array.from({ length: 1 + (call % 5) }, () => {
        const n = next[partition]++
        return { partition, value: Buffer.from(n + ':' + 'x'.repeat((n * 7919) % 3000)) }
      })
      const last = next[partition] - 1
      const appended = log.append('rows', rows)
      if (call % 3 > 0) await appended
      void appended.then(() => process.stdout.write(partition + ' ' + last + '\\n'))
    }
  }
  for (let i = 0; i < 8; i++) void writer(i % ${PARTITIONS})
`

/** Runs the writer until it printed so many lines, then kills it; the last number by partition. */
async function appendUntilKilled(folder: string, nexts: readonly number[], lines: number) {
  const args = ['--input-type=module', '-e', CHILD, folder, JSON.stringify(LIMITS)]
  const child = spawn(execPath, [...args, ...nexts.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const acknowledged = nexts.map((next) => next - 1)
  let count = 0
  for await (const line of createInterface({ input: child.stdout })) {
    // A line cut by the kill could name a number too small, never one too large.
    const [partition, last] = line.split(' ').map(Number)
    acknowledged[partition!] = Math.max(acknowledged[partition!]!, last!)
    if (++count === lines) child.kill('SIGKILL')
  }
  const [, signal] = await exited
  assert.equal(signal, 'SIGKILL', 'the writer goes on until it is killed')
  return acknowledged
}

/** How many rows each partition holds, all in order, none torn. */
async function countRows(folder: string): Promise<number[]> {
  const log = await openEmbeddedLog({ folder, clock: systemClock, limits: LIMITS })
  const ending = new AbortController()
  const group = {
    topics: ['rows'],
    start: 'earliest',
    sessionMs: 10_000,
    rebalanceMs: 60_000,
  } as const
  const ends = await log.ends('rows')
  const counts = ends.map(() => 0)
  for await (const claim of log.claims(group, ending.signal)) {
    const { partition } = claim
    const position = await log.position(claim)
    const reading = log.read(claim, { position, bytesMax: 100_000 })
    for await (const batch of reading) {
      assert.deepEqual(batch.rejected, [])
      for (let row = 0; row < batch.count; row++) {
        const { bytes, starts, lengths } = batch.values
        const value = utf8Text(bytes.subarray(starts[row]!, starts[row]! + lengths[row]!))
        const n = counts[partition]!++
        assert.equal(value, `${n}:${'x'.repeat((n * 7919) % 3000)}`)
      }
      if (batch.next === ends[partition]!.end) break
    }
    if (partition === PARTITIONS - 1) break
  }
  await log.close()
  return counts
}

test('[L10] after kill -9 everything acknowledged is there, in order, none torn', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-kill-'))
  const random = prng(20_261_107)
  try {
    let nexts: readonly number[] = [0, 0, 0]
    for (let round = 0; round < 3; round++) {
      const acknowledged = await appendUntilKilled(folder, nexts, 20 + random.below(1_500))
      const counts = await countRows(folder)
      for (const [partition, count] of counts.entries()) {
        assert.ok(count > acknowledged[partition]!, `${count} of ${acknowledged[partition]! + 1}`)
      }
      nexts = counts
    }
    assert.ok(nexts.every((next) => next > 0))
  } finally {
    await rm(folder, { recursive: true })
  }
})
