import type { QueryFailure } from '../spark-session.ts'

/** Why a query ended, as far as it decides what is done about it. */
export type FailureKind =
  /** Brokers or executors were away: a repeat helps, however often it takes. */
  | 'passing'
  /** Rows were gone before they were read. */
  | 'dataLost'
  /** A person has to act: rights, schemas, text that does not analyse. */
  | 'refused'
  /** Anything else: a repeat may help, and is given up after three of one batch. */
  | 'unknown'

const DATA_LOST =
  /KAFKA_DATA_LOSS|OffsetOutOfRangeException|failOnDataLoss|Some data may have been lost/
const REFUSED =
  /AuthorizationException|AuthenticationException|STATE_STORE_\w*(?:INCOMPATIBLE|NOT_COMPATIBLE|MISMATCH)|AnalysisException|PARSE_SYNTAX_ERROR|UNRESOLVED_|DATATYPE_MISMATCH|Failed to find data source/
const PASSING =
  /TimeoutException|DisconnectException|NetworkException|Timed out|timed out|NotLeaderOrFollower|LeaderNotAvailable|NotEnoughReplicas|CoordinatorNotAvailable|No resolvable bootstrap|Failed to construct kafka consumer|Connection refused|Connection reset|ExecutorLost|executor lost|Lost task|SparkContext was shut ?down|BrokerNotAvailable|KafkaException: Failed to (?:create|construct)/

/**
 * Sorts what Spark says of a query's end. Data loss before rights before what passes: one message
 * may hold several causes, and the gravest decides.
 */
export function kindOfFailure({ errorClass, message }: QueryFailure): FailureKind {
  const text = `${errorClass}\n${message}`
  if (DATA_LOST.test(text)) return 'dataLost'
  if (REFUSED.test(text)) return 'refused'
  if (PASSING.test(text)) return 'passing'
  return 'unknown'
}
