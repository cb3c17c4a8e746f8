import { Consumer } from '@platformatic/kafka'
import { Kafka, logLevel } from 'kafkajs'
import type { KafkaCluster } from '../../../scripts/stack/kafka-cluster.ts'
import { utf8Text } from '../../../src/std/bytes.ts'

const CONSOLE = 'org.apache.kafka.tools.consumer.ConsoleConsumer'

/** A row as any client tells it. */
export type PeerRow = { readonly key: string | null; readonly value: string | null }

/** The brokers as clients take them. */
export const serversOf = ({ bootstrap }: KafkaCluster): string[] =>
  bootstrap.map(({ host, port }) => `${host}:${port}`)

/** kafkajs, told to be quiet. */
export const kafkajsOf = (cluster: KafkaCluster): Kafka =>
  new Kafka({ clientId: 'peer', brokers: serversOf(cluster), logLevel: logLevel.NOTHING })

/** What Kafka's own console consumer prints of committed rows: so many, or what comes in time. */
export async function consoleRows(
  cluster: KafkaCluster,
  topic: string,
  bound: { readonly count: number } | { readonly forMs: number },
): Promise<readonly PeerRow[]> {
  const until =
    'count' in bound
      ? ['--max-messages', `${bound.count}`, '--timeout-ms', '60000']
      : ['--timeout-ms', `${bound.forMs}`]
  const output = await cluster.tool(CONSOLE, [
    '--bootstrap-server',
    serversOf(cluster).join(),
    '--topic',
    topic,
    '--from-beginning',
    '--isolation-level',
    'read_committed',
    '--formatter-property',
    'print.key=true',
    ...until,
  ])
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [key, value] = line.split('\t').map((field) => (field === 'null' ? null : field))
      return { key: key ?? null, value: value ?? null }
    })
}

const textOf = (bytes: Uint8Array | null | undefined): string | null =>
  bytes ? utf8Text(bytes) : null

/** What the consumer of kafkajs is given, up to the row of this value. */
export async function kafkajsRows(
  cluster: KafkaCluster,
  topic: string,
  last: string,
): Promise<readonly PeerRow[]> {
  const consumer = kafkajsOf(cluster).consumer({ groupId: `kafkajs-${topic}` })
  await consumer.connect()
  const rows: PeerRow[] = []
  const done = Promise.withResolvers<void>()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: ({ message: { key, value } }) => {
      rows.push({ key: textOf(key), value: textOf(value) })
      if (rows.at(-1)?.value === last) done.resolve()
      return Promise.resolve()
    },
  })
  await done.promise
  await consumer.disconnect()
  return rows
}

/** What the driver's own consumer is given, which we do not use, up to the row of this value. */
export async function stockRows(
  cluster: KafkaCluster,
  topic: string,
  last: string,
): Promise<readonly PeerRow[]> {
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    groupId: `stock-${topic}`,
    clientId: 'peer',
    bootstrapBrokers: serversOf(cluster),
    autocommit: false,
  })
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest' })
  const rows: PeerRow[] = []
  for await (const { key, value } of stream) {
    rows.push({ key: textOf(key), value: textOf(value) })
    if (rows.at(-1)?.value === last) break
  }
  await consumer.close(true)
  return rows
}
