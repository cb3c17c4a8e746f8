import type { KafkaSpec } from '../../config/config.ts'
import type { Log } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'

/** Opens the log of a cluster; tests hand in another (`AppOptions.openKafka`). */
export type OpenKafka = (spec: KafkaSpec) => Promise<Log>

/** The log of a Kafka cluster. @throws CONFIG_INVALID: this build has no adapter for it. */
export function openKafka({ brokers }: KafkaSpec): Promise<Log> {
  const names = brokers.map(({ host, port }) => `${host}:${port}`).join(', ')
  const words = `the log on ${names} needs an adapter for Kafka, which this build does not have`
  return Promise.reject(new NocturneError('CONFIG_INVALID', words))
}
