/**
 * Real servers in the foreground, for developers: `npm run stack -- kafka three`. Prints where
 * they listen; Ctrl-C ends them and deletes their data.
 */
import process from 'node:process'
import { systemClock } from '../src/std/clock.ts'
import { startKafka, type KafkaCluster } from './stack/kafka-cluster.ts'
import { startMirrorMaker } from './stack/mirror-maker.ts'
import { startZookeeperKafka } from './stack/zookeeper-cluster.ts'

const USAGE = `npm run stack -- kafka one | kafka three | kafka six    Kafka 4.3.1
npm run stack -- secured                               one broker, SASL_SSL and ACLs
npm run stack -- zookeeper                             Kafka 3.9.2 on ZooKeeper 3.9.5
npm run stack -- mirror FROM-PORT TO-PORT PATTERN      MirrorMaker 2, topics by pattern`
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
    case 'mirror':
      return startMirrorMaker({ from: local(first), to: local(to), topics }).then(
        ({ pid, close }) => ({ says: `pid ${pid}`, close }),
      )
    default:
      return undefined
  }
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
