import type { TestContext } from 'node:test'
import { env } from 'node:process'
import { startSpark } from '../../../scripts/stack/spark-server.ts'
import { openSparkSession } from '../../../src/spark/connect/session.ts'
import type { SparkAddress, SparkSession } from '../../../src/spark/spark-session.ts'
import { systemClock } from '../../../src/std/clock.ts'
import type { SparkSpec } from '../../../src/spark/spark-spec.ts'
import { RATES } from './any-readings.ts'
import { sparkSettings } from './spark-batch.ts'

/** Where a server is: one that `NOCTURNE_SPARK` names, as `host:port`, or the test's own. */
export async function sparkAddress(t: TestContext): Promise<SparkAddress> {
  const named = env['NOCTURNE_SPARK']
  if (named !== undefined) {
    const [host = '127.0.0.1', port] = named.split(':')
    return { host, port: Number(port) }
  }
  const server = await startSpark()
  t.after(() => server.close())
  return server.address
}

/** A session with our settings; it ends with the test, or with the test's own server before. */
export async function sparkSession(t: TestContext, address: SparkAddress): Promise<SparkSession> {
  const session = await openSparkSession(address, { clock: systemClock, userId: 'nocturne-test' })
  t.after(async () => {
    if (env['NOCTURNE_SPARK'] !== undefined) await session.release()
    session.close()
  })
  await session.configure(sparkSettings)
  return session
}

/** A site's query over rows of the rates that `anySourceRows` has. */
export const sparkSpec: SparkSpec = {
  address: { host: '', port: 0 },
  sites: ['here'],
  checkpoints: '',
  triggerMs: 1000,
  rowsPerBatchMax: 100_000,
  shufflePartitions: 2,
  spreadMs: 10_000,
  rates: RATES,
  kafkaOptions: {},
}
