/**
 * Real servers in the foreground, for developers: `npm run stack -- kafka three`. Prints where
 * they listen; Ctrl-C ends them and deletes their data.
 */
import process from 'node:process'
import { systemClock } from '../src/std/clock.ts'
import { startKafka, type KafkaCluster } from './stack/kafka-cluster.ts'

const USAGE = `npm run stack -- kafka one | kafka three | kafka six`
const NEVER_MS = 2_147_483_647

function started([kind = '', shape = '']: readonly string[]): Promise<KafkaCluster> | undefined {
  if (kind !== 'kafka') return undefined
  if (shape === 'one' || shape === 'three' || shape === 'six') return startKafka({ shape })
  return undefined
}

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => ending.abort())
const began = systemClock.now()
const starting = started(process.argv.slice(2))
if (starting) {
  const cluster = await starting
  console.error(`${cluster.nodes.join(' ')} ready after ${systemClock.now() - began} ms`)
  console.log(cluster.bootstrap.map(({ host, port }) => `${host}:${port}`).join())
  await systemClock.sleep(NEVER_MS, ending.signal)
  await cluster.close()
} else {
  console.error(USAGE)
  process.exitCode = 2
}
