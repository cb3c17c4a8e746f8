/**
 * Real servers in the foreground, for developers: `npm run stack -- kafka three`. Prints where
 * they listen; Ctrl-C ends them and deletes their data.
 */
import process from 'node:process'
import { systemClock } from '../src/std/clock.ts'
import { startCassandra, type CassandraCluster } from './stack/cassandra-cluster.ts'
import { startKafka, type KafkaCluster } from './stack/kafka-cluster.ts'
import { startMirrorMaker } from './stack/mirror-maker.ts'
import { startSpark, type SparkServer } from './stack/spark-server.ts'
import { startZookeeperKafka } from './stack/zookeeper-cluster.ts'

const USAGE = `npm run stack -- kafka one | kafka three | kafka six    Kafka 4.3.1
npm run stack -- secured                               one broker, SASL_SSL and ACLs
npm run stack -- zookeeper                             Kafka 3.9.2 on ZooKeeper 3.9.5
npm run stack -- mirror FROM-PORT TO-PORT PATTERN      MirrorMaker 2, topics by pattern
npm run stack -- cassandra one | cassandra three       Cassandra 5.0.8
npm run stack -- cassandra secured                     one node, TLS, passwords and rights
npm run stack -- spark [TOKEN]                         Spark Connect 4.2.0, two threads`
const NEVER_MS = 2_147_483_647

type Running = { readonly says: string; close(): Promise<void> }

function started([kind = '', ...args]: readonly string[]): Promise<Running> | undefined {
  const [first = '', to = '', topics = '.*'] = args
  switch (kind) {
    case 'kafka':
      return first === 'one' || first === 'three' || first === 'six'
        ? startKafka({ shape: first }).then(shown)
        : undefined
    case 'secured':
      return startKafka({ shape: 'one', security: 'sasl-ssl' }).then(shown)
    case 'zookeeper':
      return startZookeeperKafka({}).then(shown)
    case 'cassandra':
      return cassandraOf(first)?.then(cassandraShown)
    case 'spark':
      return startSpark(first === '' ? {} : { token: first }).then(sparkShown)
    case 'mirror':
      return startMirrorMaker({ from: local(first), to: local(to), topics }).then(
        ({ pid, close }) => ({ says: `pid ${pid}`, close }),
      )
    default:
      return undefined
  }
}

function cassandraOf(shape: string): Promise<CassandraCluster> | undefined {
  if (shape === 'secured') return startCassandra({ nodes: 1, security: 'tls-auth' })
  if (shape !== 'one' && shape !== 'three') return undefined
  return startCassandra({ nodes: shape === 'one' ? 1 : 3 })
}

function cassandraShown(cluster: CassandraCluster): Running {
  const { contactPoints, localDataCenter, security, close } = cluster
  const says = `${contactPoints.join()}
${localDataCenter}`
  if (!security) return { says, close }
  const roles = [security.admin, security.migrate, security.user].map(
    ({ username, password }) => `\n${username} ${password}`,
  )
  return { says: `${says}${roles.join('')}\n${security.caFile}`, close }
}

function sparkShown({ address, close }: SparkServer): Running {
  const { host, port, tokenFile } = address
  return { says: `sc://${host}:${port}${tokenFile === undefined ? '' : `\n${tokenFile}`}`, close }
}

const local = (port: string) => [{ host: '127.0.0.1', port: Number(port) }]

function shown({ bootstrap, security, close }: KafkaCluster): Running {
  const servers = bootstrap.map(({ host, port }) => `${host}:${port}`).join()
  if (!security) return { says: servers, close }
  const users = [security.admin, security.user].map(
    ({ username, password }) => `\n${username} ${password}`,
  )
  const files = `${security.caFile}\n${security.adminProperties}`
  return { says: `${servers}${users.join('')}\n${files}`, close }
}

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => ending.abort())
const began = systemClock.now()
const starting = started(process.argv.slice(2))
if (starting) {
  const running = await starting
  console.error(`ready after ${systemClock.now() - began} ms`)
  console.log(running.says)
  await systemClock.sleep(NEVER_MS, ending.signal)
  await running.close()
} else {
  console.error(USAGE)
  process.exitCode = 2
}
