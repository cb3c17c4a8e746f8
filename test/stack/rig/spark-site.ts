import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startKafka, type KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import { startSpark, type SparkServer } from '../../../scripts/stack/spark-server.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { AlertReceiver } from '../../rig/alert-receiver.ts'
import { KafkaSite } from './kafka-site.ts'
import { SteadyLoad } from './steady-load.ts'

const LOAD = { rowsPerSecond: 300, streams: 30, everyMs: 100, spikeEverySeconds: 10 }
const LOOK_EVERY_MS = 50

/** A broker, a Spark Connect server, and one site that either engine makes panes for. */
export class SparkSite {
  readonly cluster: KafkaCluster
  readonly spark: SparkServer
  /** The same site by two configurations, which differ in their engine alone. */
  readonly bySpark: KafkaSite
  readonly byOwn: KafkaSite
  readonly load = new SteadyLoad(LOAD, Math.ceil(Date.now() / 1000) * 1000)
  readonly #stop = new AbortController()
  #sending: Promise<void> = Promise.resolve()

  private constructor(
    servers: { readonly cluster: KafkaCluster; readonly spark: SparkServer },
    sites: { readonly bySpark: KafkaSite; readonly byOwn: KafkaSite },
  ) {
    this.cluster = servers.cluster
    this.spark = servers.spark
    this.bySpark = sites.bySpark
    this.byOwn = sites.byOwn
  }

  static async open(t: TestContext): Promise<SparkSite> {
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-spark-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const [cluster, spark] = await Promise.all([startKafka({ shape: 'one' }), startSpark()])
    t.after(() => Promise.all([cluster.close(), spark.close()]))
    const receiver = await AlertReceiver.open(t)
    const shared = {
      ...{ cluster, replication: 1, promise: 'available' as const, webhook: receiver.url },
      ...{ workers: 0, partitions: 2, site: 'ams1' },
    }
    const { host, port } = spark.address
    const aggregate = `aggregate:
  engine: spark
  spark: { remote: "${host}:${port}", checkpoints: "${folder}", trigger: 1s,
    shuffle_partitions: 2, spread: 10s, rates: [1] }`
    const bySpark = await KafkaSite.open(t, { ...shared, aggregate })
    const byOwn = await KafkaSite.open(t, shared)
    return new SparkSite({ cluster, spark }, { bySpark, byOwn })
  }

  /** Rows begin to come, by a process that collects. */
  begin(url: string): void {
    this.#sending = this.load.run(url, this.#stop.signal)
  }

  /** Resolves when so many more seconds of rows were sent. */
  async passed(seconds: number): Promise<void> {
    const until = this.load.now + seconds * 1000
    while (this.load.now < until) await systemClock.sleep(LOOK_EVERY_MS)
  }

  /** No more rows; answers up to which event time windows must be right. */
  async end(): Promise<number> {
    const before = Math.floor(this.load.now / 1000) * 1000
    await this.passed(5)
    this.#stop.abort()
    await this.#sending
    return before
  }

  /** Which run the query of the site is in. */
  async run(): Promise<string> {
    const { said } = await this.bySpark.command('spark', 'status', '--json')
    const { sites } = JSON.parse(said) as { sites: readonly { run: string | null }[] }
    return sites[0]?.run ?? 'none'
  }
}
