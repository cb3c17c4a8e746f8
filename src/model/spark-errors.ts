import type { ErrorEntry } from './error-entry.ts'

/** What can go wrong between us and a Spark cluster. */
export const sparkErrors = {
  SPARK_UNAVAILABLE: {
    message: 'Spark cannot be reached: {}',
    advice: 'it is tried again by itself',
    retry: true,
    exit: 1,
    status: 503,
  },
  SPARK_SESSION_LOST: {
    message: 'Spark has forgotten our session: {}',
    advice: 'it is made anew by itself',
    retry: true,
    exit: 1,
    status: 503,
  },
  SPARK_DENIED: {
    message: 'Spark lets us not in: {}',
    advice: 'check the token',
    retry: false,
    exit: 1,
    status: 503,
  },
  SPARK_VERSION: {
    message: 'this Spark is too old: {}',
    advice: 'Nocturne needs Spark 4.1 or newer',
    retry: false,
    exit: 4,
    status: 503,
  },
  SPARK_REFUSED: {
    message: 'Spark refuses our text: {}',
    advice: 'this is a bug of ours: please report it',
    retry: false,
    exit: 70,
    status: 500,
  },
  SPARK_QUERY_FAILED: {
    message: 'a query of Spark has ended: {}',
    advice: 'it is started again by itself',
    retry: true,
    exit: 1,
    status: 503,
  },
  SPARK_DATA_LOST: {
    message: 'rows were gone before Spark had read them: {}',
    advice: 'keep readings for longer',
    retry: true,
    exit: 1,
    status: 503,
  },
  AGGREGATE_ENGINE_DIFFERS: {
    message: 'another engine makes panes of these readings: {}',
    advice: 'nocturne spark stop',
    retry: false,
    exit: 4,
    status: 409,
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>
