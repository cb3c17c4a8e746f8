import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EffectGate } from '../core/effect-gate.ts'
import { prng } from '../../../src/std/prng.ts'
import { topicSpec } from '../../../src/log/suite/log-rig.suite.ts'
import { MetaFiles } from './meta-files.ts'
import { WatchedMeta } from './watched-meta.ts'

const AT = { topic: 'rows', partition: 0 }
const COMMITS = 30

function open(files: MetaFiles): WatchedMeta {
  return new WatchedMeta(files.path, () => undefined, {
    life: { isOver: false, pausedToUs: 0 },
    gate: new EffectGate(() => undefined),
    synced: () => files.synced(),
  })
}

/** The position that is left after a crash behind so many commits; 0 where there is none. */
function positionAfterCrash(power: number | undefined): number {
  const files = new MetaFiles()
  const meta = open(files)
  meta.putTopic(topicSpec())
  const commit = (offset: number) =>
    meta.putPosition('reader', AT, { offset, note: '', storedAt: 0 })
  for (let offset = 1; offset <= 10; offset++) commit(offset)
  meta.putStart(AT, 0)
  for (let offset = 11; offset <= COMMITS; offset++) commit(offset)
  files.crash(power === undefined ? undefined : prng(power))
  meta.close()
  files.forget()

  const again = open(files)
  const { offset = 0 } = again.position('reader', AT) ?? {}
  assert.equal(again.topics().length, 1)
  again.close()
  files.remove()
  return offset
}

test('a crash keeps every commit, a power cut all up to the last one that was synced', () => {
  const left = Array.from({ length: 60 }, (_, power) => positionAfterCrash(power))

  assert.equal(positionAfterCrash(undefined), COMMITS)
  assert.equal(Math.min(...left), 10)
  assert.ok(Math.max(...left) > COMMITS - 5)
  assert.ok(new Set(left).size > 8, [...new Set(left)].join())
})
