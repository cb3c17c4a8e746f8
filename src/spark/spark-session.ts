/** Where a Spark Connect server is, and how one comes in. */
export type SparkAddress = {
  readonly host: string
  readonly port: number
  /** Encrypted; absent: a server on loopback or in a private net. */
  readonly tls?: { readonly caFile?: string; readonly serverName?: string }
  /** Read for each call anew. */
  readonly tokenFile?: string
}

/** What is read, as the wire has words for it. */
export type Relation =
  | {
      readonly kind: 'read'
      readonly format: string
      readonly options: Readonly<Record<string, string>>
      readonly paths?: readonly string[]
      readonly schema?: string
      readonly isStreaming: boolean
    }
  | { readonly kind: 'sql'; readonly query: string }
  /** Its rows as they are; `metrics`, SQL expressions, are told with each batch's progress. */
  | {
      readonly kind: 'observe'
      readonly input: Relation
      readonly name: string
      readonly metrics: readonly string[]
    }
  | {
      readonly kind: 'watermark'
      readonly input: Relation
      readonly eventTime: string
      /** As Spark writes intervals: `80000 milliseconds`. */
      readonly delay: string
    }

/** A query that runs: `id` outlives restarts from its checkpoint, `runId` does not. */
export type QueryId = { readonly id: string; readonly runId: string }
export type ActiveQuery = QueryId & { readonly name: string }

/** A streaming query as it is started. */
export type QueryStart = {
  readonly input: Relation
  readonly name: string
  readonly format: string
  readonly options: Readonly<Record<string, string>>
  readonly outputMode: 'append' | 'update' | 'complete'
  /** ms between batches, 0 as soon as possible; `available`: what is there now, then it ends. */
  readonly trigger: number | 'available'
}

/**
 * Where a query has ended by itself: its error class, mostly STREAM_FAILED, and what Spark says of
 * it, with the condition behind it in brackets.
 */
export type QueryFailure = { readonly errorClass: string; readonly message: string }

export type QueryStatus = {
  readonly isActive: boolean
  readonly isTriggerActive: boolean
  readonly isDataAvailable: boolean
  readonly message: string
}

/** The streaming queries of one session. @throws SPARK_* of the error catalogue. */
export interface SparkQueries {
  start(query: QueryStart): Promise<QueryId>
  active(): Promise<readonly ActiveQuery[]>
  status(query: QueryId): Promise<QueryStatus>
  /** The newest progress as Spark's JSON; undefined before the first batch has ended. */
  lastProgress(query: QueryId): Promise<string | undefined>
  failure(query: QueryId): Promise<QueryFailure | undefined>
  stop(query: QueryId): Promise<void>
  /**
   * What happens to all queries of the session, until the signal aborts. It ends by itself where
   * another one begins to listen to the same session: a session has one listener.
   */
  events(signal: AbortSignal): AsyncIterable<QueryEvent>
}

/** As Spark's JSON has it: of a progress, `{"progress": {…}}` with what `lastProgress` gives. */
export type QueryEvent = {
  readonly kind: 'progress' | 'terminated' | 'idle'
  readonly json: string
}

/**
 * One session of a Spark Connect server: views, settings and queries belong to it, and whoever
 * knows its id goes on with it (Z2). After SPARK_SESSION_CHANGED (a restart), and after
 * SPARK_SESSION_CLOSED, every later call ends in it too: close it and open the same id again after
 * the first, another after the second (Z3).
 * @throws SPARK_* of the error catalogue; of SPARK_UNAVAILABLE the outcome is unknown (Z1).
 */
export interface SparkSession {
  /** A UUID. */
  readonly id: string
  readonly queries: SparkQueries
  version(): Promise<string>
  configure(settings: Readonly<Record<string, string>>): Promise<void>
  /** Names a relation; another of that name is replaced. */
  view(name: string, relation: Relation): Promise<void>
  /** Runs a batch to its end. */
  write(batch: {
    readonly input: Relation
    readonly format: string
    readonly options: Readonly<Record<string, string>>
    readonly path?: string
    readonly mode: 'append' | 'overwrite'
  }): Promise<void>
  /** Ends the session on the server, its queries with it. */
  release(): Promise<void>
  /** Lets go of the connection; the session and its queries go on. */
  close(): void
}
