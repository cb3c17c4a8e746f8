import type { KafkaSpec } from '../../config/config.ts'
import type { Clock } from '../../std/clock.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Codecs } from '../../wire/record-batch/codecs.ts'
import type { OpenLog } from './opened-log.ts'

/** Opens the log of a cluster; nothing is asked of the brokers yet. */
export type OpenKafka = (spec: KafkaSpec, limits?: KafkaPatience) => Promise<OpenLog>

/** How long brokers are waited for, where it is not the adapter's own. */
export type KafkaPatience = Partial<
  Readonly<Record<'deliveryMs' | 'patienceMs' | 'closeMs', number>>
>

/** Our own adapter, which a machine without Kafka never loads. */
export function openKafkaBy(given: {
  readonly clock: Clock
  readonly codecs: Codecs
  /** Where settings of topics that do not keep what was promised are told. */
  readonly logger?: Logger
}): OpenKafka {
  const { clock, codecs, logger } = given
  return async (spec, limits) => {
    const { openKafkaLog } = await import('../../log/kafka/kafka-log.ts')
    return openKafkaLog(spec, {
      clock,
      codecs,
      ...(limits && { limits }),
      doubt: (found) => logger?.warn(found, 'a topic does not keep what was promised'),
    })
  }
}
