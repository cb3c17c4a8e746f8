import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Address } from '../../../scripts/stack/kafka-probe.ts'
import { openCodecs } from '../../../src/log/codecs/open-codecs.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { Log } from '../../../src/log/log.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { SiteProcess } from './site-process.ts'

/** Of the sites and the cloud; a cut of a minute is long beside them, as ten are beside theirs. */
const ABSENT = '10s'

/** One place: a site, or the cloud. */
export type Place = {
  readonly name: string
  readonly log: string
  /** The cloud's broker, where this is a site. */
  readonly cloud?: Address
  /** The sites, where this is the cloud. */
  readonly sites?: readonly string[]
  readonly webhook: string
}

const textOf = ({ host, port }: Address): string => `"${host}:${port}"`

/** The section `log` of a place with a broker of its own. */
export const kafkaLog = (broker: Address, partitions: number): string =>
  `{ kind: kafka, partitions: ${partitions}, kafka: ${kafkaOf(broker)} }`

const kafkaOf = (broker: Address): string =>
  `{ brokers: [${textOf(broker)}], replication: 1, promise: available }`

/**
 * `patient` corrects windows for longer than any cut, `hasty` for less: there rows that cross after
 * the cut are late. `Busy` needs both sites and clears only where nobody is left.
 */
const configOf = ({ name, log, cloud, sites, webhook }: Place): string => `version: 1
site: ${name}
absent: ${ABSENT}
workers: 0
log: ${log}
${cloud ? `forward: { to: ${kafkaOf(cloud)}, failover_after: 2s }` : ''}
${sites ? `sites: [${sites.join(', ')}]` : ''}
monitors:
  - id: patient
    group_by: [stream]
    window: { size: 1s, lateness: 3s, correction: 10m }
    aggregates: { count: { count: rows }, x: { sum: x }, spikes: { sum: spike } }
    rules:
      - { alert: Spike, scope: site, when: spikes >= 1, severity: critical }
      - { alert: Busy, scope: all, when: count > 22, clear: count < 1, severity: warning }
  - id: hasty
    group_by: [stream]
    window: { size: 1s, lateness: 3s, correction: 5s }
    aggregates: { count: { count: rows } }
notify:
  receivers: [{ name: hook, kind: webhook, url: "${webhook}" }]
  route:
    receiver: hook
    group_by: [alertname, site, stream]
    group_wait: 10ms
    group_interval: 100ms
`

/** Sites and a cloud as processes, and the cloud's log as anyone may read it. */
export class LayersStack {
  readonly cloudLog: Log
  readonly #t: TestContext
  readonly #folder: string

  private constructor(t: TestContext, folder: string, cloudLog: Log) {
    this.#t = t
    this.#folder = folder
    this.cloudLog = cloudLog
  }

  static async open(t: TestContext, cloud: Address): Promise<LayersStack> {
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-layers-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    return new LayersStack(t, folder, await logAt(t, cloud))
  }

  dataOf(name: string): string {
    return join(this.#folder, name)
  }

  async start(place: Place): Promise<SiteProcess> {
    const config = join(this.#folder, `${place.name}.yaml`)
    await writeFile(config, configOf(place))
    const first = place.cloud ? ['collect', 'aggregate'] : []
    const roles = [...first, 'evaluate', 'record', 'notify', 'forward', 'serve']
    const site = new SiteProcess(this.#t, { config, data: this.dataOf(place.name), roles })
    await site.ready()
    return site
  }
}

/** Our log of a broker, closed with the test. */
export async function logAt(t: TestContext, broker: Address): Promise<Log> {
  const options = { brokers: [broker], replication: 1, promise: 'available' } as const
  const log = openKafkaLog(
    { ...options, codec: 'none' },
    { clock: systemClock, codecs: await openCodecs() },
  )
  t.after(() => log.close())
  return log
}
