import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startKafka } from '../../../scripts/stack/kafka-cluster.ts'
import { openCodecs } from '../../../src/log/codecs/open-codecs.ts'
import type { Log } from '../../../src/log/log.ts'
import { NocturneError } from '../../../src/model/nocturne-error.ts'
import { logOn, topicOf } from '../rig/kafka-logs.ts'
import { rowsOf, textsIn } from '../rig/rows.ts'
import { withoutJava } from '../rig/servers.ts'

const BATCHES = 8
const ROWS = 3
/** So large that the broker's index, one entry per 4 KiB, has one for each batch. */
const FILL = 'x'.repeat(2_000)

const textOf = (offset: number): string => `${offset} ${FILL}`

type Damage = (bytes: Buffer, at: number, seal: () => void) => void

/** What befalls the batch with offsets 6 to 8 of a topic, and what its reader is told. */
const CASES: readonly {
  readonly topic: string
  readonly damage: Damage
  readonly reason: string
  readonly batch?: number
}[] = [
  { topic: 'records', damage: (bytes, at) => void (bytes[at + 200]! ^= 1), reason: 'crc' },
  {
    topic: 'codec',
    damage: (bytes, at, seal) => {
      bytes[at + 22] = 7
      seal()
    },
    reason: 'codec',
  },
  {
    topic: 'nonsense',
    damage: (bytes, at, seal) => {
      bytes[at + 22] = 4
      seal()
    },
    reason: 'inflate',
  },
  {
    topic: 'counts',
    damage: (bytes, at, seal) => {
      bytes.writeInt32BE(2, at + 57)
      seal()
    },
    reason: 'count',
  },
  {
    topic: 'length',
    damage: (bytes, at) => void bytes.writeInt32BE(9_999_999, at + 8),
    reason: 'length',
  },
  { topic: 'first', damage: (bytes, at) => void (bytes[at + 200]! ^= 1), reason: 'crc', batch: 0 },
  {
    topic: 'last',
    damage: (bytes, at) => void (bytes[at + 200]! ^= 1),
    reason: 'crc',
    batch: BATCHES - 1,
  },
]

/** Where the batches of a segment begin. */
function batchesIn(bytes: Buffer): number[] {
  const starts: number[] = []
  for (let at = 0; at + 61 <= bytes.length; at += 12 + bytes.readInt32BE(at + 8)) starts.push(at)
  return starts
}

async function readAll(log: Log, topic: string) {
  const ending = new AbortController()
  const rows: string[] = []
  const rejected: string[] = []
  const spec = {
    topics: [topic],
    start: 'earliest',
    sessionMs: 10_000,
    rebalanceMs: 60_000,
  } as const
  try {
    for await (const claim of log.claims(spec, ending.signal)) {
      for await (const batch of log.read(claim, {
        position: { offset: 0, note: '' },
        bytesMax: 1_048_576,
      })) {
        rows.push(...textsIn(batch).map((text) => text.split(' ')[0]!))
        rejected.push(
          ...batch.rejected.map(({ from, next, reason }) => `${from}-${next} ${reason}`),
        )
        if (batch.next >= BATCHES * ROWS) return { rows, rejected }
      }
    }
  } catch (error) {
    if (!(error instanceof NocturneError)) throw error
    return { rows, rejected, code: error.code, message: error.message }
  } finally {
    ending.abort()
  }
  return { rows, rejected }
}

test(
  '[L20] a damaged batch on a broker’s disk is told once with its bounds, and read past',
  { skip: withoutJava(), timeout: 300_000 },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-damaged-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const cluster = await startKafka({ shape: 'one', folder })
    t.after(() => cluster.close())
    const codecs = await openCodecs()
    const log = await logOn(t, cluster, { codec: 'none' })
    for (const { topic } of CASES) {
      await log.createTopic(topicOf(topic))
      for (let batch = 0; batch < BATCHES; batch++) {
        const offsets = Array.from({ length: ROWS }, (_, i) => batch * ROWS + i)
        await log.append(topic, rowsOf(offsets.map(textOf)))
      }
    }
    await cluster.stop('k1')
    for (const { topic, damage, batch = 2 } of CASES) {
      const file = join(folder, 'k1', `${topic}-0`, '00000000000000000000.log')
      const bytes = await readFile(file)
      const starts = batchesIn(bytes)
      assert.equal(starts.length, BATCHES)
      const at = starts[batch]!
      const end = starts[batch + 1] ?? bytes.length
      damage(bytes, at, () => bytes.writeUInt32BE(codecs.crc32c(bytes, at + 21, end), at + 17))
      await writeFile(file, bytes)
    }
    await cluster.start('k1')

    for (const { topic, reason, batch = 2 } of CASES) {
      const from = batch * ROWS
      const all = Array.from({ length: BATCHES * ROWS }, (_, offset) => String(offset))
      const found = await readAll(log, topic)
      t.diagnostic(`${topic}: ${JSON.stringify(found)} ${JSON.stringify(await log.ends(topic))}`)
      const rows = all.filter((_, offset) => offset < from || offset >= from + ROWS)
      assert.deepEqual(found, { rows, rejected: [`${from}-${from + ROWS} ${reason}`] }, topic)
    }
  },
)
