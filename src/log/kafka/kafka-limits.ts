const MEBIBYTE = 1_048_576

/** What the adapter holds and how long it waits; tests change single figures. */
export type KafkaLimits = {
  /** Records that wait or are under way; beyond them appends are refused with LOG_FULL. */
  readonly appendBytesMax: number
  /** A batch is closed when it has so many bytes. */
  readonly batchBytes: number
  /** Most bytes of one request to append. */
  readonly requestBytesMax: number
  /** Requests to append under way to one broker, and batches of one partition. */
  readonly requestsMax: number
  /** An append that no broker took for so long fails. */
  readonly deliveryMs: number
  /** Most bytes that one fetch asks for, whatever its reader says. */
  readonly fetchBytesMax: number
  /** A broker holds a fetch back for so long when it has nothing. */
  readonly fetchWaitMs: number
  readonly connectMs: number
  /** A broker that has not answered for so long is given up, and the request goes again. */
  readonly requestMs: number
  /** The same for who leads what, which any other broker can tell. */
  readonly lookMs: number
  /** How long small questions are asked again while brokers are away. */
  readonly patienceMs: number
  /** Between two looks at who leads what. */
  readonly metadataGapMs: number
  /** How often it is looked who leads what and how many copies there are, without a failure. */
  readonly watchMs: number
  /** Between two tries of something that may pass, doubled each time up to the other. */
  readonly backoffMs: number
  readonly backoffMsMax: number
  /** Heartbeats of group members; absent: a third of their session. */
  readonly heartbeatMs?: number
  /** How long a broker may not have heard of a topic that was just made. */
  readonly topicWaitMs: number
  /** How long `close` waits for what is under way. */
  readonly closeMs: number
}

/** What a site starts with. */
export const kafkaLimits: KafkaLimits = {
  appendBytesMax: 64 * MEBIBYTE,
  batchBytes: 262_144,
  requestBytesMax: MEBIBYTE,
  requestsMax: 5,
  deliveryMs: 120_000,
  fetchBytesMax: 4 * MEBIBYTE,
  fetchWaitMs: 500,
  connectMs: 5_000,
  requestMs: 10_000,
  lookMs: 5_000,
  patienceMs: 30_000,
  metadataGapMs: 100,
  watchMs: 3_000,
  backoffMs: 100,
  backoffMsMax: 2_000,
  topicWaitMs: 5_000,
  closeMs: 10_000,
}
