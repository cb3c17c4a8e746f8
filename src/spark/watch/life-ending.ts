import type { ErrorCode } from '../../model/error-catalogue.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { QueryFailure } from '../spark-session.ts'
import type { LifeEvent } from './life.ts'
import { kindOfFailure } from './query-failure.ts'

/** Why a query does not run: what happened, and what people are told of it. */
export type Ending = {
  readonly event: LifeEvent
  readonly code?: ErrorCode
  readonly detail?: string
}

/** A batch that fails as often is given up. */
const BATCH_TRIES_MAX = 3
/** Spark's messages hold whole plans. */
const DETAIL_CHARS_MAX = 400

/** What errors of calls are to the life of a query; all others of Spark's wait for a person. */
const EVENT_BY_CODE: Partial<Readonly<Record<ErrorCode, LifeEvent>>> = {
  SPARK_UNAVAILABLE: 'unreachable',
  SPARK_SESSION_CHANGED: 'gone',
  SPARK_SESSION_CLOSED: 'gone',
  SPARK_QUERY_GONE: 'gone',
  SPARK_QUERY_FAILED: 'ended',
  SPARK_DATA_LOST: 'dataLost',
  // Members of our own engine that were killed stay for seconds.
  AGGREGATE_ENGINE_DIFFERS: 'ended',
}

/** What an error of a call means. @throws whatever is not of Spark. */
export function endingOf(error: unknown): Ending {
  if (!(error instanceof NocturneError)) throw error
  const { code, detail } = error
  const isOurs = code.startsWith('SPARK_') || code === 'AGGREGATE_ENGINE_DIFFERS'
  if (!isOurs) throw error
  return { event: EVENT_BY_CODE[code] ?? 'refused', code, detail }
}

/** Counts how often one batch fails, so that it is given up in the end. */
export class BatchTries {
  #batch = -1
  #count = 0

  committed(): void {
    this.#count = 0
  }

  /** `next`: the batch that would have come, and from where it reads. */
  ending(failure: QueryFailure, next: { readonly batch: number; readonly from: string }): Ending {
    const { errorClass, message } = failure
    const said = `${errorClass} ${message}`.trim().slice(0, DETAIL_CHARS_MAX)
    const kind = kindOfFailure(failure)
    if (kind === 'dataLost') return { event: 'dataLost', code: 'SPARK_DATA_LOST', detail: said }
    // As after lost rows: a new folder begins where all that can change is had again.
    if (kind === 'damaged') {
      return { event: 'dataLost', code: 'SPARK_CHECKPOINT_DAMAGED', detail: said }
    }
    if (kind === 'refused') return { event: 'refused', code: 'SPARK_QUERY_REFUSED', detail: said }
    const failed = { event: 'ended', code: 'SPARK_QUERY_FAILED', detail: said } as const
    if (kind === 'passing') return failed
    this.#count = this.#batch === next.batch ? this.#count + 1 : 1
    this.#batch = next.batch
    if (this.#count < BATCH_TRIES_MAX) return failed
    const detail = `batch ${next.batch} from ${next.from}: ${said}`
    return { event: 'batchFailed', code: 'SPARK_BATCH_FAILED', detail }
  }
}
