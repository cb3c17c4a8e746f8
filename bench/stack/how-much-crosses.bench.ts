// What lies in the cloud's broker of a minute of rows at a site, against the bytes of the rows: the
// site's panes and steps as it forwards them, and the rows themselves as MirrorMaker 2 copies them
// afterwards, both with zstd. SECONDS=… and ROWS_PER_SECOND=… make it less.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { startKafka, type KafkaCluster } from '../../scripts/stack/kafka-cluster.ts'
import { startMirrorMaker } from '../../scripts/stack/mirror-maker.ts'
import { openCodecs } from '../../src/log/codecs/open-codecs.ts'
import { openKafkaLog, type KafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { siteTopic } from '../../src/model/topics.ts'
import { systemClock } from '../../src/std/clock.ts'
import { panesIn, windowsById } from '../../test/stack/rig/layers-log.ts'
import { printFigure } from '../figure.ts'
import { LiveRows } from '../live-rows.ts'
import { postInOrder } from '../paced-posts.ts'
import { ServerProcess } from '../server-process.ts'
import { inTemporaryFolder } from '../temporary-folder.ts'

const BENCH = 'stack/how-much-crosses'
const SECONDS = Number(process.env['SECONDS'] ?? 60)
const ROWS_PER_SECOND = Number(process.env['ROWS_PER_SECOND'] ?? 10_000)
const STREAMS = 1000
const SITE = 's1'
const LOOK_EVERY_MS = 500
const METRICS_EVERY_MS = 1100
const QUIET_LOOKS = 3
const BEATS_MAX = 10
/** Lateness, and what a beat may be behind. */
const CLOSED_AFTER_MS = 10_000
const LOG_DIRS = 'org.apache.kafka.tools.LogDirsCommand'
/** The mirror's batches as large as ours: it then sends less than with its own 16 KiB. */
const MIRROR = {
  'to.producer.compression.type': 'zstd',
  'to.producer.batch.size': '262144',
  'to.producer.linger.ms': '100',
}

const serversOf = ({ bootstrap }: KafkaCluster): string =>
  bootstrap.map(({ host, port }) => `${host}:${port}`).join()

/** A site as `examples/ott.yaml` has it, on one broker, that forwards to another. */
function configOf(edge: KafkaCluster, cloud: KafkaCluster): string {
  const text = readFileSync('examples/ott.yaml', 'utf8')
  const kafka = (cluster: KafkaCluster): string =>
    `{ brokers: ["${serversOf(cluster)}"], replication: 1, promise: available }`
  return `version: 1
site: ${SITE}
log: { kind: kafka, partitions: 4, kafka: ${kafka(edge)} }
forward: { to: ${kafka(cloud)} }
${text.slice(text.indexOf('monitors:'))}`
}

async function logOf({ bootstrap }: KafkaCluster): Promise<KafkaLog> {
  const options = { brokers: bootstrap, promise: 'available', replication: 1 } as const
  const codecs = await openCodecs()
  return openKafkaLog({ ...options, codec: 'none' }, { clock: systemClock, codecs })
}

/** Bytes of topics as they lie in a broker's folder. */
async function bytesIn(cluster: KafkaCluster, topics: readonly string[]): Promise<number> {
  const asked = ['--describe', '--topic-list', topics.join()]
  const said = await cluster.tool(LOG_DIRS, ['--bootstrap-server', serversOf(cluster), ...asked])
  const line = said.split('\n').find((text) => text.startsWith('{')) ?? '{}'
  const { brokers } = JSON.parse(line) as {
    brokers: { logDirs: { partitions: { size: number }[] }[] }[]
  }
  return brokers
    .flatMap(({ logDirs }) => logDirs.flatMap(({ partitions }) => partitions))
    .reduce((sum, { size }) => sum + size, 0)
}

const endsOf = async (log: KafkaLog, topic: string): Promise<readonly number[]> =>
  (await log.ends(topic)).map(({ end }) => end)

async function until(isIt: () => Promise<boolean>): Promise<void> {
  while (!(await isIt())) await systemClock.sleep(LOOK_EVERY_MS)
}

/** Every window of the rows is closed, but for beats that come each second. */
async function judged(server: ServerProcess, lastAt: number): Promise<void> {
  const LAG = /^nocturne_lag_records\{reader="(?:aggregate|evaluate)".* (\d+)$/gm
  for (let quiet = 0; quiet < QUIET_LOOKS || systemClock.now() < lastAt + CLOSED_AFTER_MS;) {
    await systemClock.sleep(METRICS_EVERY_MS)
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    const lags = [...metrics.matchAll(LAG)].map(([, rows]) => Number(rows))
    quiet = lags.length > 0 && lags.every((rows) => rows <= BEATS_MAX) ? quiet + 1 : 0
  }
}

/** Everything that a site has in `panes` now is in the cloud. */
async function forwarded(edge: KafkaLog): Promise<void> {
  const ends = await endsOf(edge, 'panes')
  await until(async () => {
    const positions = await edge.positions('forward-panes', 'panes')
    return ends.every((end, i) => (positions[i]?.offset ?? 0) >= end)
  })
}

async function mirrored(edge: KafkaLog, cloud: KafkaLog): Promise<void> {
  const ends = await endsOf(edge, 'readings')
  await until(async () => {
    const there = await endsOf(cloud, 'readings')
    return ends.every((end, i) => (there[i] ?? 0) >= end)
  })
}

/** The windows of the site are those of the rows. */
async function checkWindows(log: KafkaLog, rows: LiveRows, startAt: number): Promise<void> {
  const expected = rows.windows(startAt)
  const last = startAt + rows.lengthMs - 20_000
  let checked = 0
  for (const told of (await windowsById(log)).values()) {
    const { window } = told.reduce((a, b) => (b.window.rev > a.window.rev ? b : a))
    if (window.end > last) continue
    const wanted = expected.get(`${window.group['stream']}|${window.end}`)
    assert.equal(window.values['count'], wanted?.count, window.id)
    assert.equal(window.values['retrans'], wanted?.retrans, window.id)
    checked++
  }
  assert.ok(checked > 0, 'there are windows')
}

await inTemporaryFolder(async (folder) => {
  const [edge, cloud] = [await startKafka({ shape: 'one' }), await startKafka({ shape: 'one' })]
  const [edgeLog, cloudLog] = [await logOf(edge), await logOf(cloud)]
  let server: ServerProcess | undefined
  try {
    const rows = new LiveRows({
      ...{ seconds: SECONDS, rowsPerSecond: ROWS_PER_SECOND, everyMs: 50, seed: 1 },
      ...{ streamCount: STREAMS, breaches: { count: 0, fromSeconds: 0 } },
    })
    server = await ServerProcess.start(folder, configOf(edge, cloud))
    await server.ready()
    const startAt = Math.ceil(systemClock.now() / 1000) * 1000
    const posted = await postInOrder(server.url, rows, { post: 0, startAt })
    assert.equal(posted, rows.posts.length, 'every post was taken')
    const tookMs = systemClock.now() - startAt
    await judged(server, startAt + rows.lengthMs)
    await forwarded(edgeLog)
    await server.stop()
    server = undefined
    await checkWindows(edgeLog, rows, startAt)
    const topics = [siteTopic(SITE, 'panes'), siteTopic(SITE, 'transitions')]
    const own = await panesIn(edgeLog, 'panes', SITE)
    const sent = await panesIn(cloudLog, siteTopic(SITE, 'panes'), SITE)
    const lacking = [...own.newest].filter(([id, { text }]) => sent.newest.get(id)?.text !== text)
    assert.equal(lacking.length, 0, 'the newest revision of every pane has crossed')
    const panes = await bytesIn(cloud, topics)

    const mirror = await startMirrorMaker({
      ...{ from: edge.bootstrap, to: cloud.bootstrap, topics: 'readings', extra: MIRROR },
    })
    await mirrored(edgeLog, cloudLog)
    await mirror.close()
    const copied = await bytesIn(cloud, ['readings'])

    let raw = 0
    for (const post of rows.posts.keys()) raw += Buffer.byteLength(rows.body(post, startAt))
    const rate = Math.round((SECONDS * ROWS_PER_SECOND * 1000) / tookMs)
    process.stderr.write(
      `${SECONDS * ROWS_PER_SECOND} rows, ${raw} B, posted at ${rate} rows/s; ` +
        `${own.records} panes at the site, ${sent.records} sent; ` +
        `in the cloud ${panes} B of panes and steps, ${copied} B of mirrored rows\n`,
    )
    const ratio = (figure: string, value: number, bound: { atMost?: number } = {}) =>
      printFigure(BENCH, { figure, unit: 'ratio', samples: [value], ...bound })
    ratio('panes and steps in the cloud ÷ rows', panes / raw, { atMost: 0.02 })
    ratio('mirrored rows in the cloud ÷ rows', copied / raw)
    ratio('panes and steps ÷ mirrored rows', panes / copied)
  } finally {
    await server?.kill()
    await Promise.all([edgeLog.close(), cloudLog.close()])
    await Promise.all([edge.close(), cloud.close()])
  }
})
