import type { ErrorEntry } from './error-entry.ts'

/** What can befall a query that runs in a Spark cluster, beside that it ends. */
export const sparkQueryErrors = {
  SPARK_QUERY_STUCK: {
    message: 'a query of Spark says nothing while it has rows to read: {}',
    advice: 'it is stopped and started again by itself; look at the executors if it comes back',
    retry: true,
    exit: 1,
    status: 503,
  },
  SPARK_BATCH_FAILED: {
    message: 'one batch of Spark fails each time: {}',
    advice:
      'nothing is skipped: look at the rows from these offsets on; it is tried again each minute',
    retry: false,
    exit: 1,
    status: 503,
  },
  SPARK_CHECKPOINT_DAMAGED: {
    message: 'Spark cannot read its checkpoint any more: {}',
    advice: 'nothing is lost: a new folder is begun by itself, a little earlier in the log',
    retry: true,
    exit: 1,
    status: 503,
  },
  SPARK_QUERY_REFUSED: {
    message: 'a query of Spark cannot go on: {}',
    advice:
      'look at Spark’s rights on readings, panes and its checkpoints; tried again each minute',
    retry: false,
    exit: 1,
    status: 503,
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>
