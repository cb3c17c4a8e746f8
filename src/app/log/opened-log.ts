import type { EmbeddedLog } from '../../log/embedded/embedded-log.ts'
import type { KafkaLog } from '../../log/kafka/kafka-log.ts'
import type { Log, LogGroups } from '../../log/log.ts'

/** A log, and what it can do beyond the seam, by its kind. */
export type OpenLog = Log &
  LogGroups &
  Partial<Pick<EmbeddedLog, 'share' | 'stats'>> &
  Partial<Pick<KafkaLog, 'checks' | 'counters' | 'heldBytes' | 'copies' | 'deleteTopic'>>
