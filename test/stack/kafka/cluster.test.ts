import assert from 'node:assert/strict'
import { access } from 'node:fs/promises'
import { test, type TestContext } from 'node:test'
import {
  startKafka,
  type KafkaCluster,
  type KafkaOptions,
} from '../../../scripts/stack/kafka-cluster.ts'
import { startMirrorMaker } from '../../../scripts/stack/mirror-maker.ts'
import { startZookeeperKafka } from '../../../scripts/stack/zookeeper-cluster.ts'
import { withoutJava } from '../rig/servers.ts'

const skip = withoutJava()
const TOPIC = 'org.apache.kafka.tools.TopicCommand'
const CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer'
const PRODUCER = 'org.apache.kafka.tools.ConsoleProducer'
/** Kafka 3.9 has it elsewhere. */
const PRODUCER_39 = 'kafka.tools.ConsoleProducer'

async function kafka(t: TestContext, options: KafkaOptions): Promise<KafkaCluster> {
  const cluster = await startKafka(options)
  t.after(() => cluster.close())
  return cluster
}

const servers = ({ bootstrap }: KafkaCluster): string[] => [
  '--bootstrap-server',
  bootstrap.map(({ host, port }) => `${host}:${port}`).join(),
]

function createTopic(cluster: KafkaCluster, copies: number): Promise<string> {
  const topic = ['--topic', 'rows', '--partitions', '1', '--replication-factor', String(copies)]
  return cluster.tool(TOPIC, [...servers(cluster), '--create', ...topic])
}

const produce = (cluster: KafkaCluster, rows: string, tool = PRODUCER): Promise<string> =>
  cluster.tool(tool, [...servers(cluster), '--topic', 'rows'], rows)

function consume(cluster: KafkaCluster, count: number): Promise<string> {
  const bounds = ['--from-beginning', '--max-messages', String(count), '--timeout-ms', '60000']
  return cluster.tool(CONSUMER, [...servers(cluster), '--topic', 'rows', ...bounds])
}

test('one broker keeps what Kafka’s tools produce over a kill', { skip }, async (t) => {
  const cluster = await kafka(t, { shape: 'one' })
  await createTopic(cluster, 1)
  await produce(cluster, 'a\nb\n')

  await cluster.kill('k1')
  assert.equal(cluster.pid('k1'), undefined)
  await cluster.start('k1')

  assert.equal(await consume(cluster, 2), 'a\nb\n')
  assert.ok(cluster.cpuSeconds() > 0)
})

test('of three nodes two are killed and come back with all rows', { skip }, async (t) => {
  const cluster = await kafka(t, { shape: 'three', minIsr: 1 })
  await createTopic(cluster, 3)
  await produce(cluster, 'a\n')

  await Promise.all([cluster.kill('n1'), cluster.kill('n3')])
  await Promise.all([cluster.start('n1'), cluster.start('n3')])
  cluster.pause('n2')
  cluster.resume('n2')
  await produce(cluster, 'b\n')

  assert.equal(await consume(cluster, 2), 'a\nb\n')
})

test('Kafka 3.9 on ZooKeeper starts a killed broker again', { skip }, async (t) => {
  const cluster = await startZookeeperKafka({ minIsr: 1 })
  t.after(() => cluster.close())
  await createTopic(cluster, 3)
  await produce(cluster, 'a\n', PRODUCER_39)

  await cluster.kill('o2')
  await cluster.start('o2')
  await produce(cluster, 'b\n', PRODUCER_39)

  assert.equal(await consume(cluster, 2), 'a\nb\n')
  assert.deepEqual(cluster.nodes, ['z1', 'z2', 'z3', 'o1', 'o2', 'o3'])
})

test('a secured broker lets in who has the password and the right', { skip }, async (t) => {
  const cluster = await kafka(t, { shape: 'one', security: 'sasl-ssl' })
  const { security } = cluster
  assert.ok(security)
  const as = (properties: string) => [...servers(cluster), '--command-config', properties]
  const created = ['--create', '--topic', 'rows']
  await cluster.tool(TOPIC, [...as(security.adminProperties), ...created])
  const list = () => cluster.tool(TOPIC, [...as(security.userProperties), '--list'])
  assert.equal((await list()).trim(), '')

  await security.allow('user', ['--operation', 'Describe', '--topic', 'rows'])
  assert.equal((await list()).trim(), 'rows')
  await security.deny('user', ['--operation', 'Describe', '--topic', 'rows'])
  assert.equal((await list()).trim(), '')
  await security.setPassword('user', 'another')
  await assert.rejects(list(), /SaslAuthenticationException/)
  await access(security.wrongCaFile)
})

test('a mirror copies rows to another cluster under their topic’s name', { skip }, async (t) => {
  const [from, to] = [await kafka(t, { shape: 'one' }), await kafka(t, { shape: 'one' })]
  await createTopic(from, 1)
  await produce(from, 'a\nb\n')

  const mirror = await startMirrorMaker({
    from: from.bootstrap,
    to: to.bootstrap,
    topics: 'rows',
  })
  t.after(() => mirror.close())

  assert.equal(await consume(to, 2), 'a\nb\n')
})

test('a node that ends while starting says why at once', { skip }, async () => {
  const extra = { 'authorizer.class.name': 'no.such.Authorizer' }

  await assert.rejects(startKafka({ shape: 'one', extra }), /k1 ended .*no\.such\.Authorizer/s)
})
