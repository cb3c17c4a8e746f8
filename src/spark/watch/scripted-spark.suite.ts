import type { ErrorCode } from '../../model/error-catalogue.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import type {
  ActiveQuery,
  QueryEvent,
  QueryFailure,
  QueryStart,
  Relation,
  SparkSession,
} from '../spark-session.ts'

type Running = ActiveQuery & {
  readonly session: string
  readonly start: QueryStart
  readonly offsets: string
  last: string | undefined
  failure: QueryFailure | undefined
  isActive: boolean
}

/** What a batch of the script tells. */
export type ScriptedBatch = {
  readonly id: number
  /** By partition, as the program of the test reads them. */
  readonly marks: readonly (number | null)[]
  readonly ends: readonly number[]
  /** Where it began, if others came before; nothing of it, else. */
  readonly starts?: readonly number[]
  /** Spark's own watermark, by what came before. */
  readonly watermarkMs?: number
}

const offsetsOf = (offsets: readonly number[]) => ({
  readings: Object.fromEntries(offsets.map((offset, i) => [i, offset])),
})

/**
 * A Spark Connect server as a script: for faults that a real one shows only by chance. Queries are
 * what was asked for; nothing is computed.
 */
export class ScriptedSpark {
  readonly queries: Running[] = []
  readonly opened: string[] = []
  isAway = false
  /** What the next call of a session throws. */
  fault: ErrorCode | undefined
  isTriggerActive = false
  /** What is asked to stop does not. */
  isHanging = false
  /** It takes connections and says nothing. */
  isMute = false
  #count = 0
  readonly #ears = new Set<(event: QueryEvent) => void>()

  get running(): readonly Running[] {
    return this.queries.filter(({ isActive }) => isActive)
  }

  get folders(): readonly string[] {
    return this.queries.map(({ start }) => start.options['checkpointLocation'] ?? '')
  }

  readonly open = async (id: string): Promise<SparkSession> => {
    this.#assert()
    this.opened.push(id)
    if (this.isMute) return new Promise<SparkSession>(() => undefined)
    let source: Relation | undefined
    const mine = (): Running[] => this.queries.filter(({ session }) => session === id)
    const found = (runId: string): Running => {
      this.#assert()
      const query = mine().find((each) => each.runId === runId)
      if (query === undefined) throw new NocturneError('SPARK_QUERY_GONE', runId)
      return query
    }
    return {
      id,
      version: async () => '4.2.0',
      configure: async () => this.#assert(),
      view: async (_name, relation) => void (source = relation),
      write: async () => undefined,
      release: async () => undefined,
      close: () => undefined,
      queries: {
        start: async (start) => {
          this.#assert()
          return this.#start(id, start, source)
        },
        active: async () => {
          this.#assert()
          return mine().filter(({ isActive }) => isActive)
        },
        status: async ({ runId }) => {
          const { isActive } = found(runId)
          const { isTriggerActive } = this
          return { isActive, isTriggerActive, isDataAvailable: isTriggerActive, message: 'says' }
        },
        lastProgress: async ({ runId }) => found(runId).last,
        failure: async ({ runId }) => found(runId).failure,
        stop: async ({ runId }) => {
          if (this.isHanging) return new Promise<void>(() => undefined)
          found(runId).isActive = false
        },
        events: (signal) => this.#events(signal),
      },
    }
  }

  commit({ id, marks, ends, starts, watermarkMs }: ScriptedBatch): void {
    const query = this.running.at(-1)
    if (query === undefined) throw new Error('a batch is of a query that runs')
    const endOffset = offsetsOf(ends)
    const startOffset = starts === undefined ? null : offsetsOf(starts)
    const watermark = new Date(watermarkMs ?? 0).toISOString()
    const { id: queryId, runId, name } = query
    query.last = JSON.stringify({
      ...{ id: queryId, runId, name, batchId: id, batchDuration: 100 },
      eventTime: { watermark },
      sources: [{ startOffset, endOffset, numInputRows: 1 }],
      observedMetrics: { seen: { values: marks, schema: {} } },
    })
    this.#tell({ kind: 'progress', json: `{"progress":${query.last}}` })
  }

  idle(): void {
    const { runId } = this.running.at(-1)!
    this.#tell({ kind: 'idle', json: JSON.stringify({ runId }) })
  }

  fail(failure: QueryFailure): void {
    const query = this.running.at(-1)!
    query.isActive = false
    query.failure = failure
    this.#tell({ kind: 'terminated', json: JSON.stringify({ runId: query.runId }) })
  }

  /** A restart of the server: nobody runs any more, and sessions are forgotten. */
  forget(): void {
    this.queries.splice(0).forEach((query) => (query.isActive = false))
  }

  #start(session: string, start: QueryStart, source: Relation | undefined): Running {
    const n = ++this.#count
    const offsets = source?.kind === 'read' ? (source.options['startingOffsets'] ?? '') : ''
    const query = {
      ...{ id: `q-${start.options['checkpointLocation']}`, runId: `run-${n}`, name: start.name },
      ...{ session, start, offsets, last: undefined, failure: undefined, isActive: true },
    }
    this.queries.push(query)
    return query
  }

  #tell(event: QueryEvent): void {
    for (const ear of this.#ears) ear(event)
  }

  async *#events(signal: AbortSignal): AsyncGenerator<QueryEvent> {
    const waiting: QueryEvent[] = []
    let woken = Promise.withResolvers<void>()
    const ear = (event: QueryEvent): void => {
      waiting.push(event)
      woken.resolve()
    }
    this.#ears.add(ear)
    signal.addEventListener('abort', () => woken.resolve(), { once: true })
    try {
      while (!signal.aborted) {
        await woken.promise
        woken = Promise.withResolvers()
        yield* waiting.splice(0)
      }
    } finally {
      this.#ears.delete(ear)
    }
  }

  #assert(): void {
    if (this.isAway) throw new NocturneError('SPARK_UNAVAILABLE', 'the script')
    const { fault } = this
    this.fault = undefined
    if (fault !== undefined) throw new NocturneError(fault, 'the script')
  }
}
