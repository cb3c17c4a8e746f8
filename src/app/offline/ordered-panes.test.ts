import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readToEnd, type Log, type LogRecord, type TopicSpec } from '../../log/log.ts'
import { openMemoryLog } from '../../log/memory/memory-log.ts'
import { bytesOf } from '../../model/record-columns.ts'
import { utf8, utf8Text } from '../../std/bytes.ts'
import { SimulatedClock } from '../../std/simulated-clock.ts'
import { decodeJson, shape } from '../../wire/json-shape.ts'
import { paneKey, watermarkKey } from '../../wire/pane-codec.ts'
import { orderPanes } from './ordered-panes.ts'

const AT = 1_795_383_150_000
const SPEC: TopicSpec = {
  ...{ topic: 'panes', partitions: 2, cleanup: 'delete', durability: 'ack' },
  ...{ retentionMs: -1, retentionBytes: -1, recordBytesMax: 1_048_576 },
}

const json = (value: object): Uint8Array => utf8(JSON.stringify(value))

const pane = (s: number, partition: number, rev = 1): LogRecord => ({
  key: paneKey('m', ['a']),
  value: json({ monitor: 'm', start: AT + s * 1000, rev }),
  partition,
})

const mark = (s: number, of: { readonly partition: number; readonly final?: number }) => ({
  key: watermarkKey('ams1', of.partition),
  value: json({ v: 1, site: 'ams1', of: 3, watermark: AT + s * 1000, rows: s, at: AT, ...of }),
  partition: 1,
})

const isAny = shape.any

/** What a partition of `panes` holds: `+2s r1` is a pane, `ams1/0 2s` how far a source came. */
async function storyOf(log: Log, partition: number): Promise<readonly string[]> {
  const story: string[] = []
  for await (const batch of readToEnd(log, { topic: 'panes', partition })) {
    for (let row = 0; row < batch.count; row++) {
      const parsed = decodeJson(bytesOf(batch.values, row), isAny)
      assert.ok(parsed.ok)
      const said: Record<string, unknown> = { ...parsed.value }
      const seconds = (of: unknown): number => (Number(of) - AT) / 1000
      story.push(
        said['monitor'] === undefined
          ? `${String(said['site'])}/${String(said['partition'])} ${seconds(said['watermark'])}s` +
              (said['final'] === undefined ? '' : ' final')
          : `+${seconds(said['start'])}s r${String(said['rev'])}`,
      )
    }
  }
  return story
}

test('[R25] sources keep step by slice; who brought nothing does with the slowest', async () => {
  const log = openMemoryLog({ clock: new SimulatedClock() })
  for (const topic of ['panes', 'loose']) await log.createTopic({ ...SPEC, topic })
  await log.append('loose', [
    pane(2, 0),
    pane(0, 0),
    mark(1, { partition: 0 }),
    mark(9, { partition: 2, final: AT }),
    pane(2, 0, 7),
    mark(4, { partition: 0 }),
    pane(1, 1),
    { key: utf8('x'), value: utf8('no pane'), partition: 1 },
  ])

  const { panes, sources } = await orderPanes({ log, topic: 'loose' }, { log, partitions: 2 })

  assert.equal(panes, 4)
  assert.deepEqual(
    sources.map(({ partition, watermark, rows }) => [partition, (watermark - AT) / 1000, rows]),
    [
      [0, 4, 4],
      [1, 4, 0],
      [2, 9, 9],
    ],
  )
  const all = (s: number) => [`ams1/0 ${s}s`, `ams1/1 ${s}s`, `ams1/2 ${s}s`]
  const end = ['ams1/0 4s', 'ams1/1 4s', 'ams1/2 9s final']
  assert.deepEqual(await storyOf(log, 0), [
    ...all(0),
    '+0s r1',
    ...all(2),
    '+2s r1',
    '+2s r7',
    ...end,
  ])
  assert.deepEqual(await storyOf(log, 1), [...all(1), '+1s r1', ...end])
})

test('[R25] keys and bytes of panes stay as they are', async () => {
  const log = openMemoryLog({ clock: new SimulatedClock() })
  for (const topic of ['panes', 'loose']) await log.createTopic({ ...SPEC, topic })
  await log.append('loose', [pane(0, 1)])

  await orderPanes({ log, topic: 'loose' }, { log, partitions: 2 })

  for await (const batch of readToEnd(log, { topic: 'panes', partition: 1 })) {
    assert.equal(utf8Text(bytesOf(batch.keys, 0)), 'm\0["a"]')
    assert.deepEqual(bytesOf(batch.values, 0), pane(0, 1).value)
  }
})
