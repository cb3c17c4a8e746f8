import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { utf8 } from '../../../std/bytes.ts'
import { topicSpec } from '../../suite/log-rig.suite.ts'
import { EmbeddedRig } from '../embedded-rig.suite.ts'

type Decoded = {
  readonly firstOffset: string
  readonly lastOffsetDelta: number
  readonly records: readonly { readonly offset: string; readonly value: Buffer | null }[]
}

/** Every record batch of a file, by a decoder that is not ours. */
async function decodeSegment(path: string): Promise<Decoded[]> {
  const require = createRequire(import.meta.url)
  const Decoder = require('kafkajs/src/protocol/decoder')
  const decode: (
    decoder: unknown,
  ) => Promise<Decoded> = require('kafkajs/src/protocol/recordBatch/v0/decoder')
  const decoder = new Decoder(await readFile(path))
  const batches: Decoded[] = []
  while (decoder.offset < decoder.buffer.length) batches.push(await decode(decoder))
  return batches
}

test('[L4] an outside decoder reads a segment file as Kafka record batches', async () => {
  const rig = new EmbeddedRig()
  try {
    const log = await rig.open()
    await log.createTopic(topicSpec())
    for (let call = 0; call < 5; call++) {
      const rows = Array.from({ length: 40 }, (_, i) => ({ value: utf8(`row ${call * 40 + i}`) }))
      await log.append('rows', rows)
    }

    const file = join(rig.folder, 'log', 'rows-0', '00000000000000000000.log')
    const batches = await decodeSegment(file)

    const values = batches.flatMap(({ records }) => records.map(({ value }) => String(value)))
    assert.deepEqual(
      values,
      Array.from({ length: 200 }, (_, i) => `row ${i}`),
    )
    let next = 0
    for (const { firstOffset, lastOffsetDelta } of batches) {
      assert.equal(Number(firstOffset), next)
      next += lastOffsetDelta + 1
    }
  } finally {
    await rig.end()
  }
})
