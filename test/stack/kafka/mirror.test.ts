import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeWorkload } from '../../../bench/workload.ts'
import { startKafka } from '../../../scripts/stack/kafka-cluster.ts'
import { startMirrorMaker } from '../../../scripts/stack/mirror-maker.ts'
import { FinalWindows } from '../../../src/app/replay-results.ts'
import type { Log } from '../../../src/log/log.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { temporaryFolder } from '../../rig/cli.ts'
import { kafkaLog } from '../rig/layers-stack.ts'
import { REPLAY_PARTITIONS, replayTo, siteLog } from '../rig/replay-on-kafka.ts'
import { withoutJava } from '../rig/servers.ts'
import { SiteProcess } from '../rig/site-process.ts'

const skip = withoutJava()
const LOOK_EVERY_MS = 500

const endsOf = async (log: Log): Promise<readonly number[]> =>
  (await log.ends('readings')).map(({ end }) => end)

test('[V5] a cloud makes the same windows of rows that a mirror brought', { skip }, async (t) => {
  const [edge, cloud] = [await startKafka({ shape: 'one' }), await startKafka({ shape: 'one' })]
  t.after(() => Promise.all([edge.close(), cloud.close()]))
  const folder = await temporaryFolder(t)
  const path = join(folder, 'rows.ndjson')
  await writeWorkload(path, { seconds: 60, rowsPerSecond: 500, seed: 5, streamCount: 40 })
  const [edgeLog, cloudLog] = [await siteLog(t, edge), await siteLog(t, cloud)]
  const atEdge = await replayTo({ path, log: edgeLog })
  const [broker] = cloud.bootstrap
  assert.ok(broker)
  const config = join(folder, 'cloud.yaml')
  const ott = await readFile('examples/ott.yaml', 'utf8')
  const monitors = ott.slice(ott.indexOf('monitors:'))
  const log = kafkaLog(broker, REPLAY_PARTITIONS)
  await writeFile(config, `version: 1\nsite: cloud\nlog: ${log}\n${monitors}`)

  const mirror = await startMirrorMaker({
    ...{ from: edge.bootstrap, to: cloud.bootstrap, topics: 'readings' },
    extra: { 'to.producer.compression.type': 'zstd' },
  })
  t.after(() => mirror.close())
  const ends = await endsOf(edgeLog)
  while ((await endsOf(cloudLog)).some((end, i) => end < ends[i]!)) {
    await systemClock.sleep(LOOK_EVERY_MS)
  }
  const roles = ['aggregate', 'evaluate', 'serve']
  const process = new SiteProcess(t, { config, data: join(folder, 'cloud'), roles })
  await process.ready()
  let windows = await FinalWindows.of(cloudLog)
  while (windows.count < atEdge.windows) {
    await systemClock.sleep(LOOK_EVERY_MS)
    windows = await FinalWindows.of(cloudLog)
  }
  await process.stop()

  assert.deepEqual(await endsOf(cloudLog), ends)
  windows = await FinalWindows.of(cloudLog)
  assert.deepEqual([windows.count, windows.digest()], [atEdge.windows, atEdge.digest])
  t.diagnostic(`${windows.count} windows of ${ends.reduce((a, b) => a + b)} mirrored rows`)
})
