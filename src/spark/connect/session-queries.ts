import { NocturneError } from '../../model/nocturne-error.ts'
import type { MessageOf } from '../../wire/spark-connect/messages.ts'
import type {
  ActiveQuery,
  QueryEvent,
  QueryFailure,
  QueryId,
  QueryStart,
  QueryStatus,
  SparkQueries,
} from '../spark-session.ts'
import { entriesOf, relationMessage } from './relation-message.ts'
import type { SessionCalls } from './session-calls.ts'

type CommandAnswer = MessageOf<'StreamingQueryCommandResult'>

const eventKinds = new Map<number, QueryEvent['kind']>([
  [1, 'progress'],
  [2, 'terminated'],
  [3, 'idle'],
])

/** The streaming queries of a session, by its calls. */
export class SessionQueries implements SparkQueries {
  readonly #calls: SessionCalls

  constructor(calls: SessionCalls) {
    this.#calls = calls
  }

  async start(query: QueryStart): Promise<QueryId> {
    const writeStreamOperationStart = startMessage(query)
    try {
      const id = await this.#calls.command(
        { writeStreamOperationStart },
        ({ writeStreamOperationStartResult: result }) => queryIdOf(result?.queryId),
      )
      return id ?? lacking('the id of a query')
    } catch (error) {
      if (!(error instanceof NocturneError && error.code === 'SPARK_UNAVAILABLE')) throw error
      // It may have been started all the same, and of one name there is one (Z1).
      const running = (await this.active()).find(({ name }) => name === query.name)
      if (running === undefined) throw error
      return { id: running.id, runId: running.runId }
    }
  }

  async active(): Promise<readonly ActiveQuery[]> {
    const found = await this.#calls.command(
      { streamingQueryManagerCommand: { active: true } },
      ({ streamingQueryManagerCommandResult: result }) => result && (result.active?.queries ?? []),
    )
    return (found ?? []).flatMap(({ id, name = '' }) => {
      const ids = queryIdOf(id)
      return ids ? [{ ...ids, name }] : []
    })
  }

  async status(query: QueryId): Promise<QueryStatus> {
    const status = (await this.#ask(query, { status: true })).status ?? lacking('a status')
    return {
      isActive: status.isActive ?? false,
      isTriggerActive: status.isTriggerActive ?? false,
      isDataAvailable: status.isDataAvailable ?? false,
      message: status.statusMessage ?? '',
    }
  }

  async lastProgress(query: QueryId): Promise<string | undefined> {
    const answer = await this.#ask(query, { lastProgress: true })
    return answer.recentProgress?.json?.at(-1)
  }

  async failure(query: QueryId): Promise<QueryFailure | undefined> {
    const { exception } = await this.#ask(query, { exception: true })
    if (exception?.message === undefined) return undefined
    return { errorClass: exception.errorClass ?? '', message: exception.message }
  }

  async stop(query: QueryId): Promise<void> {
    await this.#ask(query, { stop: true })
  }

  async *events(signal: AbortSignal): AsyncGenerator<QueryEvent, void, undefined> {
    const bus = (command: MessageOf<'StreamingQueryListenerBusCommand'>) => ({
      streamingQueryListenerBusCommand: command,
    })
    // A session has one listener, and whoever came before us may have left his there.
    await this.#calls.command(bus({ remove: true }), () => undefined)
    try {
      for await (const response of this.#calls.responses(bus({ add: true }), signal)) {
        for (const { json, type = 0 } of response.streamingQueryListenerEventsResult?.events ??
          []) {
          const kind = eventKinds.get(type)
          if (kind !== undefined && json !== undefined) yield { kind, json }
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error
      return
    }
  }

  async #ask(
    query: QueryId,
    what: Omit<MessageOf<'StreamingQueryCommand'>, 'queryId'>,
  ): Promise<CommandAnswer> {
    const queryId = { id: query.id, runId: query.runId }
    const answer = await this.#calls.command(
      { streamingQueryCommand: { queryId, ...what } },
      ({ streamingQueryCommandResult }) => streamingQueryCommandResult,
    )
    return answer ?? {}
  }
}

function startMessage(query: QueryStart): MessageOf<'WriteStreamOperationStart'> {
  const { input, format, options, outputMode, trigger, name } = query
  return {
    input: relationMessage(input),
    format,
    options: entriesOf(options),
    ...(trigger === 'available'
      ? { availableNow: true }
      : { processingTimeInterval: `${trigger} milliseconds` }),
    outputMode,
    queryName: name,
  }
}

function queryIdOf(instance: MessageOf<'QueryInstance'> | undefined): QueryId | undefined {
  const { id, runId } = instance ?? {}
  return id === undefined || runId === undefined ? undefined : { id, runId }
}

function lacking(what: string): never {
  throw new NocturneError('SPARK_ANSWER_INVALID', `an answer lacks ${what}`)
}
