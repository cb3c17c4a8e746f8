import assert from 'node:assert/strict'
import test from 'node:test'
import { FinalWindows } from '../../src/app/replay-results.ts'
import { monitor } from '../rig/monitor.ts'
import { OnePartition } from '../rig/one-partition.ts'

/** Seconds of event time with a row each, from and to as given. */
async function rows(world: OnePartition, from: number, to: number): Promise<void> {
  for (let second = from; second < to; second++) {
    await world.rows([{ ms: second * 1000, stream: 's', session: 'v', x: second % 7 }])
  }
}

/** The digest of all windows, where an evaluator came and went in the middle of them or not. */
async function digest(comesAndGoes: boolean): Promise<string> {
  const world = new OnePartition([monitor()])
  await world.open()
  await rows(world, 0, 30)
  await world.evaluate('at the end')
  if (comesAndGoes) await world.evaluate('at once')
  await rows(world, 30, 60)
  await world.evaluate('at the end')
  const windows = await FinalWindows.of(world.log)
  assert.ok(windows.count > 50)
  await world.close()
  return windows.digest()
}

test('[A74] an owner that leaves before it has rebuilt keeps what the next one needs', async () => {
  assert.equal(await digest(true), await digest(false))
})
