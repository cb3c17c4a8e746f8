import type { QueryFailure } from '../spark-session.ts'

/** Why a query ended, as far as it decides what is done about it. */
export type FailureKind =
  /** Brokers or executors were away: a repeat helps, however often it takes. */
  | 'passing'
  /** Rows were gone before they were read. */
  | 'dataLost'
  /** Its folder cannot be read any more: all there is to know lies in the log. */
  | 'damaged'
  /** A person has to act: rights, schemas, text that does not analyse. */
  | 'refused'
  /** Anything else: a repeat may help, and is given up after three of one batch. */
  | 'unknown'

/** Parts of what Spark or its Kafka client say, by what they mean. */
const WORDS: Readonly<Record<Exclude<FailureKind, 'unknown'>, readonly string[]>> = {
  dataLost: [
    ...['KAFKA_DATA_LOSS', 'OffsetOutOfRangeException', 'failOnDataLoss'],
    'Some data may have been lost',
  ],
  damaged: [
    ...['CANNOT_LOAD_STATE_STORE', 'BATCH_METADATA_NOT_FOUND', 'MALFORMED_CHECKPOINT'],
    ...['Incomplete log file', 'STATE_STORE_CHECKPOINT', 'FAILED_READ_STREAMING_STATE_METADATA'],
  ],
  refused: [
    ...['AuthorizationException', 'AuthenticationException', 'AnalysisException'],
    ...['SCHEMA_NOT_COMPATIBLE', 'SCHEMA_INCOMPATIBLE', 'STATE_STORE_SCHEMA'],
    ...['PARSE_SYNTAX_ERROR', 'UNRESOLVED_', 'DATATYPE_MISMATCH', 'Failed to find data source'],
  ],
  passing: [
    ...['TimeoutException', 'DisconnectException', 'NetworkException', 'imed out'],
    ...['NotLeaderOrFollower', 'LeaderNotAvailable', 'NotEnoughReplicas', 'BrokerNotAvailable'],
    ...['CoordinatorNotAvailable', 'No resolvable bootstrap', 'Failed to construct kafka'],
    ...['Connection refused', 'Connection reset', 'ExecutorLost', 'SparkContext was shut'],
  ],
}

/**
 * Sorts what Spark says of a query's end. Data loss before rights before what passes: one message
 * may hold several causes, and the gravest decides.
 */
export function kindOfFailure({ errorClass, message }: QueryFailure): FailureKind {
  const text = `${errorClass}\n${message}`
  const says = (kind: keyof typeof WORDS): boolean =>
    WORDS[kind].some((word) => text.includes(word))
  if (says('dataLost')) return 'dataLost'
  if (says('damaged')) return 'damaged'
  if (says('refused')) return 'refused'
  return says('passing') ? 'passing' : 'unknown'
}
