/**
 * What we speak of `spark.connect` (proto3): a field is its number and its type. `*` is repeated,
 * `map` is string to string. Numbers are those of Spark 4.1 and 4.2; a field that is not listed is
 * skipped when read.
 */
export const messages = {
  UserContext: { userId: [1, 'string'], userName: [2, 'string'] },
  KeyValue: { key: [1, 'string'], value: [2, 'string'] },
  Empty: {},

  ExecutePlanRequest: {
    sessionId: [1, 'string'],
    userContext: [2, 'UserContext'],
    plan: [3, 'Plan'],
    clientType: [4, 'string'],
    requestOptions: [5, 'RequestOption*'],
    operationId: [6, 'string'],
    tags: [7, 'string*'],
    observed: [8, 'string'],
  },
  RequestOption: { reattachOptions: [1, 'ReattachOptions'] },
  ReattachOptions: { reattachable: [1, 'bool'] },
  /** Reattaching answers with this too. */
  ExecutePlanResponse: {
    sessionId: [1, 'string'],
    writeStreamOperationStartResult: [8, 'WriteStreamOperationStartResult'],
    streamingQueryCommandResult: [9, 'StreamingQueryCommandResult'],
    streamingQueryManagerCommandResult: [11, 'StreamingQueryManagerCommandResult'],
    operationId: [12, 'string'],
    responseId: [13, 'string'],
    resultComplete: [14, 'Empty'],
    serverSideSessionId: [15, 'string'],
    streamingQueryListenerEventsResult: [16, 'StreamingQueryListenerEventsResult'],
  },
  ReattachExecuteRequest: {
    sessionId: [1, 'string'],
    userContext: [2, 'UserContext'],
    operationId: [3, 'string'],
    clientType: [4, 'string'],
    lastResponseId: [5, 'string'],
    observed: [6, 'string'],
  },
  ReleaseExecuteRequest: {
    sessionId: [1, 'string'],
    userContext: [2, 'UserContext'],
    operationId: [3, 'string'],
    clientType: [4, 'string'],
    releaseAll: [5, 'Empty'],
    releaseUntil: [6, 'ReleaseUntil'],
    observed: [7, 'string'],
  },
  ReleaseUntil: { responseId: [1, 'string'] },
  ReleaseSessionRequest: {
    sessionId: [1, 'string'],
    userContext: [2, 'UserContext'],
    clientType: [3, 'string'],
  },
  ConfigRequest: {
    sessionId: [1, 'string'],
    userContext: [2, 'UserContext'],
    operation: [3, 'ConfigOperation'],
    clientType: [4, 'string'],
    observed: [8, 'string'],
  },
  ConfigOperation: { set: [1, 'ConfigSet'] },
  ConfigSet: { pairs: [1, 'KeyValue*'] },
  ConfigResponse: { serverSideSessionId: [4, 'string'] },
  AnalyzePlanRequest: {
    sessionId: [1, 'string'],
    userContext: [2, 'UserContext'],
    clientType: [3, 'string'],
    sparkVersion: [10, 'Empty'],
    observed: [17, 'string'],
  },
  AnalyzePlanResponse: { sparkVersion: [8, 'SparkVersion'], serverSideSessionId: [15, 'string'] },
  SparkVersion: { version: [1, 'string'] },
  FetchErrorDetailsRequest: {
    sessionId: [1, 'string'],
    userContext: [2, 'UserContext'],
    errorId: [3, 'string'],
    clientType: [4, 'string'],
    observed: [5, 'string'],
  },
  FetchErrorDetailsResponse: { rootErrorIdx: [1, 'int'], errors: [2, 'ErrorDetail*'] },
  ErrorDetail: {
    typeHierarchy: [1, 'string*'],
    message: [2, 'string'],
    causeIdx: [4, 'int'],
    throwable: [5, 'SparkThrowable'],
  },
  SparkThrowable: { errorClass: [1, 'string'], sqlState: [4, 'string'] },

  Plan: { root: [1, 'Relation'], command: [2, 'Command'] },
  Relation: {
    common: [1, 'RelationCommon'],
    read: [2, 'Read'],
    sql: [10, 'Sql'],
    collectMetrics: [29, 'CollectMetrics'],
    withWatermark: [33, 'WithWatermark'],
  },
  RelationCommon: { planId: [2, 'int'] },
  Sql: { query: [1, 'string'] },
  CollectMetrics: { input: [1, 'Relation'], name: [2, 'string'], metrics: [3, 'Expression*'] },
  WithWatermark: {
    input: [1, 'Relation'],
    eventTime: [2, 'string'],
    delayThreshold: [3, 'string'],
  },
  Read: { dataSource: [2, 'DataSource'], isStreaming: [3, 'bool'] },
  DataSource: {
    format: [1, 'string'],
    schema: [2, 'string'],
    options: [3, 'map'],
    paths: [4, 'string*'],
  },
  Expression: { expressionString: [4, 'ExpressionString'] },
  ExpressionString: { expression: [1, 'string'] },
  Command: {
    writeOperation: [2, 'WriteOperation'],
    createDataframeView: [3, 'CreateDataFrameView'],
    writeStreamOperationStart: [6, 'WriteStreamOperationStart'],
    streamingQueryCommand: [7, 'StreamingQueryCommand'],
    streamingQueryManagerCommand: [9, 'StreamingQueryManagerCommand'],
    streamingQueryListenerBusCommand: [11, 'StreamingQueryListenerBusCommand'],
  },
  CreateDataFrameView: {
    input: [1, 'Relation'],
    name: [2, 'string'],
    isGlobal: [3, 'bool'],
    replace: [4, 'bool'],
  },
  /** mode: 1 append, 2 overwrite. */
  WriteOperation: {
    input: [1, 'Relation'],
    source: [2, 'string'],
    path: [3, 'string'],
    mode: [5, 'int'],
    options: [9, 'map'],
  },
  WriteStreamOperationStart: {
    input: [1, 'Relation'],
    format: [2, 'string'],
    options: [3, 'map'],
    processingTimeInterval: [5, 'string'],
    availableNow: [6, 'bool'],
    outputMode: [9, 'string'],
    queryName: [10, 'string'],
  },
  WriteStreamOperationStartResult: { queryId: [1, 'QueryInstance'], name: [2, 'string'] },
  QueryInstance: { id: [1, 'string'], runId: [2, 'string'] },
  StreamingQueryCommand: {
    queryId: [1, 'QueryInstance'],
    status: [2, 'bool'],
    lastProgress: [3, 'bool'],
    stop: [5, 'bool'],
    exception: [8, 'bool'],
  },
  StreamingQueryCommandResult: {
    queryId: [1, 'QueryInstance'],
    status: [2, 'QueryStatus'],
    recentProgress: [3, 'RecentProgress'],
    exception: [5, 'QueryException'],
  },
  QueryStatus: {
    statusMessage: [1, 'string'],
    isDataAvailable: [2, 'bool'],
    isTriggerActive: [3, 'bool'],
    isActive: [4, 'bool'],
  },
  RecentProgress: { json: [5, 'string*'] },
  QueryException: { message: [1, 'string'], errorClass: [2, 'string'], stackTrace: [3, 'string'] },
  StreamingQueryManagerCommand: { active: [1, 'bool'] },
  StreamingQueryManagerCommandResult: { active: [1, 'ActiveQueries'] },
  ActiveQueries: { queries: [1, 'ActiveQuery*'] },
  ActiveQuery: { id: [1, 'QueryInstance'], name: [2, 'string'] },
  StreamingQueryListenerBusCommand: { add: [1, 'bool'], remove: [2, 'bool'] },
  StreamingQueryListenerEventsResult: { events: [1, 'ListenerEvent*'], added: [2, 'bool'] },
  /** type: 1 progress, 2 terminated, 3 idle. */
  ListenerEvent: { json: [1, 'string'], type: [2, 'int'] },

  /** `google.rpc`: what stands in the trailer `grpc-status-details-bin`. */
  Status: { code: [1, 'int'], message: [2, 'string'], details: [3, 'AnyMessage*'] },
  AnyMessage: { typeUrl: [1, 'string'], value: [2, 'bytes'] },
  ErrorInfo: { reason: [1, 'string'], domain: [2, 'string'], metadata: [3, 'map'] },
} as const satisfies Record<string, Record<string, readonly [number: number, type: string]>>

type Messages = typeof messages

export type MessageName = keyof Messages

type ValueOf<Type> = Type extends 'string'
  ? string
  : Type extends 'bool'
    ? boolean
    : Type extends 'int'
      ? number
      : Type extends 'bytes'
        ? Uint8Array
        : Type extends 'map'
          ? ReadonlyMap<string, string>
          : Type extends `${infer One}*`
            ? readonly ValueOf<One>[]
            : Type extends MessageName
              ? MessageOf<Type>
              : never

/** A message as values: a field that was not sent is absent, so of a oneof one is there. */
export type MessageOf<Name extends MessageName> = {
  readonly [Field in keyof Messages[Name]]?: Messages[Name][Field] extends readonly [
    number,
    infer Type,
  ]
    ? ValueOf<Type>
    : never
}
