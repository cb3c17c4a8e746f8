import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSparkSession } from '../../src/spark/connect/session.ts'
import type { SparkAddress } from '../../src/spark/spark-session.ts'
import { systemClock } from '../../src/std/clock.ts'
import { javaCommand } from './java.ts'
import { startCluster, type ClusterPlace, type StartedCluster } from './started-cluster.ts'

const HOST = '127.0.0.1'
const NODE = 's1'
const CLASS = 'org.apache.spark.sql.connect.service.SparkConnectServer'

/** How a server is to be. */
export type SparkOptions = {
  /** Of its Java, which runs the executors too: `1g`, when not said. */
  readonly heap?: string
  /** `local[2]`, when not said: two threads. */
  readonly master?: string
  /** More settings, as `spark-defaults.conf` names them. */
  readonly conf?: Readonly<Record<string, string>>
  /** What whoever calls has to show; nothing, when not said. */
  readonly token?: string
  /** Where it works, and its work stays; a temporary folder, deleted at the end, when not said. */
  readonly folder?: string
}

/** A Spark Connect server that runs. Nothing of it outlives our process, however that ends. */
export type SparkServer = Pick<StartedCluster, 'cpuSeconds' | 'close'> & {
  /** Names the file of the token too, where one was asked for. */
  readonly address: SparkAddress
  /** Of a server that runs. */
  pid(): number | undefined
  /** SIGKILL; resolves when it is gone. Its sessions and queries are gone with it. */
  kill(): Promise<void>
  /** SIGTERM; resolves when it has left. */
  stop(): Promise<void>
  /** Starts an ended server at the same address; resolves when it answers. */
  start(): Promise<void>
  /** SIGSTOP: it stands still, its connections stay open. */
  pause(): void
  /** SIGCONT. */
  resume(): void
}

/** Starts Spark Connect 4.2.0 with the Kafka source and sink, and waits until it answers. */
export async function startSpark(options: SparkOptions = {}): Promise<SparkServer> {
  let address: SparkAddress | undefined
  const needs = { folder: options.folder, portCount: 1 }
  const started = await startCluster(needs, async (place) => {
    const at = await addressOf(place, options.token)
    address = at
    const node = {
      name: NODE,
      isBroker: true,
      command: await commandOf(place.folder, at, options),
      logFile: join(place.folder, 'server.log'),
      lacks: () => sparkLacks(at),
    }
    return { stages: [[node]], set: 'spark', bootstrap: [{ host: HOST, port: at.port }] }
  })
  if (address === undefined) throw new Error('a cluster that has started was planned')
  return {
    address,
    pid: () => started.pid(NODE),
    kill: () => started.kill(NODE),
    stop: () => started.stop(NODE),
    start: () => started.start(NODE),
    pause: () => started.pause(NODE),
    resume: () => started.resume(NODE),
    cpuSeconds: () => started.cpuSeconds(),
    close: () => started.close(),
  }
}

async function addressOf(
  { folder, ports }: ClusterPlace,
  token: string | undefined,
): Promise<SparkAddress> {
  const address = { host: HOST, port: ports[0]! }
  if (token === undefined) return address
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, token, { mode: 0o600 })
  return { ...address, tokenFile }
}

/** What Java 17 has to open for Spark, as its own start script has it. */
const OPENS = [
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.invoke',
  'java.base/java.lang.reflect',
  'java.base/java.net',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/jdk.internal.ref',
  'java.base/sun.nio.ch',
  'java.base/sun.nio.cs',
  'java.base/sun.security.action',
  'java.base/sun.util.calendar',
  'java.security.jgss/sun.security.krb5',
].map((name) => `--add-opens=${name}=ALL-UNNAMED`)

async function commandOf(
  folder: string,
  { port }: SparkAddress,
  { heap = '1g', master = 'local[2]', conf = {}, token }: SparkOptions,
): Promise<string[]> {
  await mkdir(join(folder, 'tmp'), { recursive: true })
  const settings = {
    'spark.master': master,
    'spark.app.name': 'nocturne',
    'spark.ui.enabled': 'false',
    'spark.driver.host': HOST,
    'spark.driver.bindAddress': HOST,
    'spark.connect.grpc.binding.address': HOST,
    'spark.connect.grpc.binding.port': String(port),
    ...(token !== undefined && { 'spark.connect.authenticate.token': token }),
    // A session that nobody calls would be closed, and its queries stopped.
    'spark.connect.session.manager.defaultSessionTimeout': '-1',
    // 200 tasks a batch are for a cluster.
    'spark.sql.shuffle.partitions': '2',
    'spark.sql.warehouse.dir': join(folder, 'warehouse'),
    'spark.local.dir': join(folder, 'local'),
    ...conf,
  }
  const flags = [
    '--add-modules=jdk.incubator.vector',
    ...OPENS,
    '-Djdk.reflect.useDirectMethodHandle=false',
    '-Dio.netty.tryReflectionSetAccessible=true',
    '-Xms256m',
    `-Xmx${heap}`,
    '-XX:+UseG1GC',
    '-XX:+ExitOnOutOfMemoryError',
    `-Djava.io.tmpdir=${join(folder, 'tmp')}`,
    // Where it would leave a few folders of its own.
    `-Duser.dir=${folder}`,
    ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
  ]
  return javaCommand({ set: 'spark', flags, className: CLASS, args: [] })
}

/** What a server lacks to serve; undefined if nothing. */
async function sparkLacks(address: SparkAddress): Promise<string | undefined> {
  try {
    const session = await openSparkSession(address, { clock: systemClock, userId: 'probe' })
    try {
      await session.release()
    } finally {
      session.close()
    }
    return undefined
  } catch (error) {
    return String(error)
  }
}
