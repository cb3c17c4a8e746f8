import type { ErrorCode } from '../../model/error-catalogue.ts'
import { NocturneError } from '../../model/nocturne-error.ts'

/** Kafka's own codes that the adapter decides by; the rest are told as they are. */
export const kafkaCode = {
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopic: 3,
  notLeader: 6,
  tooLarge: 10,
  illegalGeneration: 22,
  unknownMember: 25,
  rebalancing: 27,
  topicExists: 36,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  unknownProducer: 59,
  memberIdRequired: 79,
  fencedInstance: 82,
  unstableOffset: 88,
  producerFenced: 90,
  unknownTopicId: 100,
  inconsistentTopicId: 103,
} as const

const names: Readonly<Record<number, readonly [name: string, code: ErrorCode]>> = {
  1: ['OFFSET_OUT_OF_RANGE', 'LOG_OFFSET_OUT_OF_RANGE'],
  2: ['CORRUPT_MESSAGE', 'LOG_CORRUPT'],
  3: ['UNKNOWN_TOPIC_OR_PARTITION', 'LOG_TOPIC_UNKNOWN'],
  5: ['LEADER_NOT_AVAILABLE', 'LOG_UNAVAILABLE'],
  6: ['NOT_LEADER_OR_FOLLOWER', 'LOG_UNAVAILABLE'],
  7: ['REQUEST_TIMED_OUT', 'LOG_UNAVAILABLE'],
  10: ['MESSAGE_TOO_LARGE', 'LOG_RECORD_TOO_LARGE'],
  12: ['OFFSET_METADATA_TOO_LARGE', 'LOG_NOTE_TOO_LONG'],
  14: ['COORDINATOR_LOAD_IN_PROGRESS', 'LOG_UNAVAILABLE'],
  15: ['COORDINATOR_NOT_AVAILABLE', 'LOG_UNAVAILABLE'],
  16: ['NOT_COORDINATOR', 'LOG_UNAVAILABLE'],
  17: ['INVALID_TOPIC_EXCEPTION', 'LOG_REFUSED'],
  18: ['RECORD_LIST_TOO_LARGE', 'LOG_RECORD_TOO_LARGE'],
  19: ['NOT_ENOUGH_REPLICAS', 'LOG_UNAVAILABLE'],
  20: ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'LOG_UNAVAILABLE'],
  22: ['ILLEGAL_GENERATION', 'LOG_FENCED'],
  23: ['INCONSISTENT_GROUP_PROTOCOL', 'LOG_GROUP_FOREIGN'],
  24: ['INVALID_GROUP_ID', 'LOG_REFUSED'],
  25: ['UNKNOWN_MEMBER_ID', 'LOG_FENCED'],
  26: ['INVALID_SESSION_TIMEOUT', 'LOG_REFUSED'],
  27: ['REBALANCE_IN_PROGRESS', 'LOG_UNAVAILABLE'],
  29: ['TOPIC_AUTHORIZATION_FAILED', 'LOG_ACL_DENIED'],
  30: ['GROUP_AUTHORIZATION_FAILED', 'LOG_ACL_DENIED'],
  31: ['CLUSTER_AUTHORIZATION_FAILED', 'LOG_ACL_DENIED'],
  33: ['UNSUPPORTED_SASL_MECHANISM', 'LOG_AUTH_FAILED'],
  35: ['UNSUPPORTED_VERSION', 'LOG_UNSUPPORTED'],
  37: ['INVALID_PARTITIONS', 'LOG_REFUSED'],
  38: ['INVALID_REPLICATION_FACTOR', 'LOG_BROKERS_MISSING'],
  40: ['INVALID_CONFIG', 'LOG_REFUSED'],
  41: ['NOT_CONTROLLER', 'LOG_UNAVAILABLE'],
  42: ['INVALID_REQUEST', 'LOG_REFUSED'],
  44: ['POLICY_VIOLATION', 'LOG_REFUSED'],
  45: ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'LOG_UNAVAILABLE'],
  47: ['INVALID_PRODUCER_EPOCH', 'LOG_UNAVAILABLE'],
  56: ['KAFKA_STORAGE_ERROR', 'LOG_UNAVAILABLE'],
  58: ['SASL_AUTHENTICATION_FAILED', 'LOG_AUTH_FAILED'],
  59: ['UNKNOWN_PRODUCER_ID', 'LOG_UNAVAILABLE'],
  61: ['DELEGATION_TOKEN_AUTH_DISABLED', 'LOG_AUTH_FAILED'],
  72: ['LISTENER_NOT_FOUND', 'LOG_UNAVAILABLE'],
  74: ['FENCED_LEADER_EPOCH', 'LOG_UNAVAILABLE'],
  75: ['UNKNOWN_LEADER_EPOCH', 'LOG_UNAVAILABLE'],
  76: ['UNSUPPORTED_COMPRESSION_TYPE', 'LOG_REFUSED'],
  78: ['OFFSET_NOT_AVAILABLE', 'LOG_UNAVAILABLE'],
  81: ['GROUP_MAX_SIZE_REACHED', 'LOG_REFUSED'],
  82: ['FENCED_INSTANCE_ID', 'LOG_FENCED'],
  87: ['INVALID_RECORD', 'LOG_RECORD_TOO_LARGE'],
  88: ['UNSTABLE_OFFSET_COMMIT', 'LOG_UNAVAILABLE'],
  89: ['THROTTLING_QUOTA_EXCEEDED', 'LOG_UNAVAILABLE'],
  100: ['UNKNOWN_TOPIC_ID', 'LOG_TOPIC_UNKNOWN'],
  103: ['INCONSISTENT_TOPIC_ID', 'LOG_TOPIC_UNKNOWN'],
}

/** What an error code of Kafka is to us; one that is not known may pass. */
export function kafkaError(code: number, where: string): NocturneError {
  const [name, ours] = names[code] ?? [`error ${code}`, 'LOG_UNAVAILABLE']
  return new NocturneError(ours, `${where} (${name})`)
}

/** Whether the same request may be answered otherwise a moment later. */
export function mayPass(code: number): boolean {
  const ours = names[code]?.[1] ?? 'LOG_UNAVAILABLE'
  return ours === 'LOG_UNAVAILABLE'
}

/** What TLS and the sockets call what we tell apart (R2). */
const byCause: Readonly<Record<string, ErrorCode>> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'LOG_TLS_UNKNOWN_CA',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'LOG_TLS_UNKNOWN_CA',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'LOG_TLS_UNKNOWN_CA',
  UNABLE_TO_GET_ISSUER_CERT: 'LOG_TLS_UNKNOWN_CA',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'LOG_TLS_UNKNOWN_CA',
  CERT_SIGNATURE_FAILURE: 'LOG_TLS_UNKNOWN_CA',
  ERR_TLS_CERT_ALTNAME_INVALID: 'LOG_TLS_HOSTNAME',
  CERT_HAS_EXPIRED: 'LOG_TLS_EXPIRED',
  CERT_NOT_YET_VALID: 'LOG_TLS_EXPIRED',
  ERR_SSL_WRONG_VERSION_NUMBER: 'LOG_TLS_MISMATCH',
  EPROTO: 'LOG_TLS_MISMATCH',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'LOG_AUTH_FAILED',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'LOG_AUTH_FAILED',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'LOG_AUTH_FAILED',
  PLT_KFK_AUTHENTICATION: 'LOG_AUTH_FAILED',
}

/** What the driver calls connections that ended, whatever was going on in them. */
const ENDED: ReadonlySet<string | undefined> = new Set(['PLT_KFK_NETWORK', 'PLT_KFK_TIMEOUT'])

/** An error of a connection, by the first of its causes that has a name of its own. */
export function connectionError(error: unknown, where: string): NocturneError {
  const causes = causesOf(error)
  const known = causes.find((cause) => cause instanceof NocturneError)
  if (known !== undefined) return known
  const detail = `${where}: ${sentenceOf(causes) ?? String(error)}`
  return new NocturneError(codeOf(causes), detail, { cause: error })
}

/** Whether it went wrong while we logged in. */
export const isOfLogin = (error: unknown): boolean =>
  causesOf(error).some((cause) => codeIn(cause) === 'PLT_KFK_AUTHENTICATION')

function codeOf(causes: readonly Error[]): ErrorCode {
  if (causes.some(({ message }) => /requires TLS|supports TLS/.test(message))) {
    return 'LOG_TLS_MISMATCH'
  }
  for (const [i, cause] of causes.entries()) {
    const named = byCause[codeIn(cause) ?? '']
    if (named === undefined) continue
    // A broker that goes away while we log in refuses nobody.
    const isCut = causes.slice(i).some((deeper) => ENDED.has(codeIn(deeper)))
    return named === 'LOG_AUTH_FAILED' && isCut ? 'LOG_UNAVAILABLE' : named
  }
  return 'LOG_UNAVAILABLE'
}

/** From the outermost to what happened first. */
function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = []
  for (let cause = error; cause instanceof Error; cause = cause.cause) causes.push(cause)
  return causes
}

const codeIn = (error: Error): string | undefined =>
  'code' in error && typeof error.code === 'string' ? error.code : undefined

/** What the broker itself says, else the sentence nearest to what happened. */
function sentenceOf(causes: readonly Error[]): string | undefined {
  for (const cause of causes) {
    const said = 'response' in cause ? answerOf(cause.response) : undefined
    if (said !== undefined) return said
  }
  return causes.at(-1)?.message
}

/** The words in the answer to a login. */
function answerOf(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null) return undefined
  if ('errorMessage' in response && typeof response.errorMessage === 'string') {
    return response.errorMessage
  }
  if (!('mechanisms' in response) || !Array.isArray(response.mechanisms)) return undefined
  const offered = response.mechanisms.join(', ')
  return `of ways to log in it offers ${offered === '' ? 'none' : offered}`
}
