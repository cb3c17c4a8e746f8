import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeWorkload } from '../../../bench/workload.ts'
import { startKafka } from '../../../scripts/stack/kafka-cluster.ts'
import { replayedSteps } from '../../../src/app/replay-results.ts'
import { openLogFolder } from '../../../src/app/log/open-log.ts'
import { temporaryFolder } from '../../rig/cli.ts'
import { replayToEnd } from '../../rig/replay-process.ts'
import { outcomeOf, replayTo, siteLog } from '../rig/replay-on-kafka.ts'
import { withoutJava } from '../rig/servers.ts'

const skip = withoutJava()

test('[V5] [A9] a recording ends alike on a broker and in a folder', { skip }, async (t) => {
  const cluster = await startKafka({ shape: 'one' })
  t.after(() => cluster.close())
  const folder = await temporaryFolder(t)
  const path = join(folder, 'rows.ndjson')
  await writeWorkload(path, { seconds: 90, rowsPerSecond: 500, seed: 3, streamCount: 40 })
  const log = await siteLog(t, cluster)

  const onBroker = await replayTo({ path, log })
  const again = await replayTo({ path, log })
  const dataFolder = join(folder, 'data')
  const transitionsPath = join(folder, 'steps.ndjson')
  const inFolder = await replayToEnd({
    ...{ path, config: 'examples/ott.yaml', dataFolder, transitionsPath },
  })
  const folderLog = await openLogFolder(dataFolder)
  const steps = { there: await replayedSteps(log), here: await replayedSteps(folderLog) }
  await folderLog.close()

  assert.ok(inFolder.windows > 1000 && inFolder.transitions > 0)
  assert.deepEqual(outcomeOf(onBroker), outcomeOf(inFolder))
  assert.deepEqual(outcomeOf(again), outcomeOf(inFolder))
  assert.deepEqual(steps.there, steps.here)
  const { windows, transitions, digest, seconds } = onBroker
  t.diagnostic(`${windows} windows, ${transitions} steps, digest ${digest}`)
  t.diagnostic(`${seconds} s on a broker, ${inFolder.seconds} s in a folder`)
})
