// Rows into a topic of one real broker and out of it again, by our client and by two others, in
// processes of their own: rows a second and per second of the processor, how long the event loop
// was blocked, memory, and what the codecs cost. ROWS=… and RUNS=… make it less.
import assert from 'node:assert/strict'
import type { KafkaOptions } from '../../src/log/kafka/kafka-options.ts'
import type { KafkaCluster } from '../../scripts/stack/kafka-cluster.ts'
import { printFigure } from '../figure.ts'
import { clientRows, expectedSeen, type Seen } from './client-rows.ts'
import { kafkaOptions, say, withBroker, withLog } from './one-broker.ts'
import { outcomeOf, type ProcessOutcome } from './process-outcome.ts'

const BENCH = 'stack/how-fast-is-a-fetch'
const ROWS = Number(process.env['ROWS'] ?? 1_000_000)
const RUNS = Number(process.env['RUNS'] ?? 3)
const PARTITIONS = 4

type Codec = KafkaOptions['codec']
type ClientName = 'ours' | 'platformatic' | 'kafkajs'
type Outcome = ProcessOutcome & {
  readonly block_ms: number
  readonly wire_bytes?: number
  readonly seen?: Seen
  readonly broker_seconds: number
}
type Plan = { readonly client: ClientName; readonly codec: Codec }
type Produced = Plan & { readonly bytes: 200 | 300 }
type Consumed = Plan & { readonly work: 'bytes' | 'fields' }

const CODECS: readonly Codec[] = ['none', 'lz4', 'zstd']
const PRODUCED: readonly Produced[] = [
  ...CODECS.flatMap((codec) => [
    { client: 'ours', codec, bytes: 200 } as const,
    { client: 'ours', codec, bytes: 300 } as const,
    { client: 'platformatic', codec, bytes: 300 } as const,
  ]),
  { client: 'platformatic', codec: 'none', bytes: 200 },
  // It has neither of the two codecs.
  { client: 'kafkajs', codec: 'none', bytes: 200 },
  { client: 'kafkajs', codec: 'none', bytes: 300 },
]
const CONSUMED: readonly Consumed[] = (['bytes', 'fields'] as const).flatMap((work) => [
  ...CODECS.flatMap((codec) => [
    { client: 'ours', codec, work } as const,
    { client: 'platformatic', codec, work } as const,
  ]),
  { client: 'kafkajs', codec: 'none', work } as const,
])

/** What is read lies in topics that we have written. */
const OURS: Omit<Produced, 'codec'> = { client: 'ours', bytes: 300 }
const EXPECTED = expectedSeen(clientRows(300), ROWS)

const producedName = ({ client, codec, bytes }: Produced): string =>
  `${client} appends ${bytes} B, ${codec}`
const consumedName = ({ client, codec, work }: Consumed): string =>
  `${client} reads ${work}, ${codec}`

const taken = new Map<string, Outcome[]>()
await withBroker(async (cluster) => {
  for (const codec of CODECS) await produced(cluster, `read-${codec}`, { ...OURS, codec })
  for (let run = 0; run < RUNS; run++) {
    const inOrder = <T>(plans: readonly T[]) => (run % 2 === 0 ? plans : plans.toReversed())
    for (const [i, plan] of inOrder(PRODUCED).entries()) {
      keep(run, producedName(plan), await produced(cluster, `written-${run}-${i}`, plan))
    }
    for (const plan of inOrder(CONSUMED))
      keep(run, consumedName(plan), await consumed(cluster, plan))
  }
})
report()

function keep(run: number, name: string, outcome: Outcome): void {
  const { seen: _, ...told } = outcome
  say(`run ${run + 1} of ${RUNS}, ${name}: ${JSON.stringify(told)}`)
  taken.set(name, [...(taken.get(name) ?? []), outcome])
}

/** Appends to a topic of its own; as many rows must stand there as were acknowledged. */
async function produced(cluster: KafkaCluster, topic: string, plan: Produced): Promise<Outcome> {
  const options = kafkaOptions(cluster, 'none')
  const kept = {
    cleanup: 'delete',
    retentionMs: -1,
    retentionBytes: -1,
    durability: 'ack',
  } as const
  await withLog(options, (log) =>
    log.createTopic({ topic, partitions: PARTITIONS, recordBytesMax: 1_048_576, ...kept }),
  )
  const given = { ...plan, brokers: cluster.bootstrap, topic, rows: ROWS }
  const outcome = await beside(cluster, () => outcomeOf('bench/stack/produce-rows.ts', given))
  const ends = await withLog(options, (log) => log.ends(topic))
  assert.equal(
    ends.reduce((sum, { end }) => sum + end, 0),
    ROWS,
  )
  return outcome
}

/** Reads what ours has appended; the sums must be those of the rows. */
async function consumed(cluster: KafkaCluster, plan: Consumed): Promise<Outcome> {
  const given = { ...plan, brokers: cluster.bootstrap, topic: `read-${plan.codec}`, rows: ROWS }
  const outcome = await beside(cluster, () => outcomeOf('bench/stack/consume-rows.ts', given))
  const { rows, bytes, retrans, rttMax } = EXPECTED
  const fields = plan.work === 'fields' ? { retrans, rttMax } : { retrans: 0, rttMax: 0 }
  assert.deepEqual(outcome.seen, { rows, bytes, ...fields })
  return outcome
}

async function beside(cluster: KafkaCluster, run: () => Promise<ProcessOutcome>) {
  const before = cluster.cpuSeconds()
  const outcome = (await run()) as Outcome
  return { ...outcome, broker_seconds: cluster.cpuSeconds() - before }
}

function report(): void {
  for (const [name, runs] of taken) {
    type Of = (run: Outcome) => number
    const print = (figure: string, [unit, of]: [string, Of], bound = {}): void =>
      printFigure(BENCH, { figure: `${name}: ${figure}`, unit, samples: runs.map(of), ...bound })
    const isFetch = name === 'ours reads fields, none'
    const isAppend = name === 'ours appends 200 B, none'
    const asked = isFetch ? { atLeast: 1e6 } : isAppend ? { atLeast: 4e5 } : {}
    print('rows per second', ['1/s', ({ rows, seconds }) => rows / seconds], asked)
    print('rows per CPU second', ['1/s', ({ rows, cpu_seconds: s }) => rows / s])
    print('CPU seconds of the broker', ['s', ({ broker_seconds }) => broker_seconds])
    print('longest block', ['ms', ({ block_ms }) => block_ms], isFetch ? { atMost: 20 } : {})
    print('rss', ['MB', ({ rss_mb }) => rss_mb], isFetch ? { atMost: 200 } : {})
    if (runs[0]?.wire_bytes) print('bytes a row', ['B', (run) => (run.wire_bytes ?? 0) / run.rows])
  }
  ratio('ours reads bytes, none', 'platformatic reads bytes, none')
  ratio('ours reads fields, none', 'platformatic reads fields, none')
  ratio('ours reads fields, none', 'kafkajs reads fields, none')
  ratio('ours appends 300 B, none', 'platformatic appends 300 B, none')
  ratio('ours appends 300 B, none', 'kafkajs appends 300 B, none')
  ratio('ours appends 300 B, zstd', 'ours appends 300 B, lz4')
  ratio('ours reads fields, zstd', 'ours reads fields, lz4')
}

/** Rows per second of the processor, the one against the other. */
function ratio(one: string, other: string): void {
  const perSecond = (name: string) =>
    taken.get(name)!.map(({ rows, cpu_seconds }) => rows / cpu_seconds)
  const others = perSecond(other)
  const samples = perSecond(one).map((each, i) => each / others[i]!)
  printFigure(BENCH, { figure: `${one} ÷ ${other}`, unit: 'ratio', samples })
}
