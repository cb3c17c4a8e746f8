import { readFileSync } from 'node:fs'
import { openCodecs } from '../../src/log/codecs/open-codecs.ts'
import { openKafkaLog, type KafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { KafkaOptions } from '../../src/log/kafka/kafka-options.ts'
import { systemClock } from '../../src/std/clock.ts'
import { startKafka, type KafkaCluster } from '../../scripts/stack/kafka-cluster.ts'

/** Runs something beside one real broker, which ends with it. */
export async function withBroker(run: (cluster: KafkaCluster) => Promise<void>): Promise<void> {
  say('starting a broker')
  const cluster = await startKafka({ shape: 'one' })
  try {
    await run(cluster)
  } finally {
    await cluster.close()
  }
}

/** How our log reaches the one broker. */
export const kafkaOptions = (
  { bootstrap }: Pick<KafkaCluster, 'bootstrap'>,
  codec: KafkaOptions['codec'],
): KafkaOptions => ({ brokers: bootstrap, promise: 'available', replication: 1, codec })

/** Runs something with a log of its own: one that is open knows topics by what they were. */
export async function withLog<T>(
  options: KafkaOptions,
  run: (log: KafkaLog) => Promise<T>,
): Promise<T> {
  const log = await openLogAt(options)
  try {
    return await run(log)
  } finally {
    await log.close()
  }
}

/** Our log at brokers, on the machine's own clock and codecs. */
export async function openLogAt(options: KafkaOptions): Promise<KafkaLog> {
  return openKafkaLog(options, { clock: systemClock, codecs: await openCodecs() })
}

/** Says how far a bench has come, and what else the machine does: figures are read beside it. */
export function say(text: string): void {
  const [load = ''] = readFileSync('/proc/loadavg', 'utf8').split(' ')
  process.stderr.write(`[load ${load}] ${text}\n`)
}
