import type { ErrorEntry } from './error-entry.ts'

/** What can go wrong with the store, whatever it is made of. */
export const storeErrors = {
  STORE_UNAVAILABLE: {
    message: 'the store cannot be reached: {}',
    advice: 'nothing is lost: windows wait in the log until the store is back',
    retry: true,
    exit: 1,
    status: 503,
  },
  STORE_TIMEOUT: {
    message: 'the store does not answer in time: {}',
    advice: 'nothing is lost: it is tried again by itself; ask for a shorter span, or add nodes',
    retry: true,
    exit: 1,
    status: 504,
  },
  STORE_REFUSED: {
    message: 'the store was made by another version: {}',
    advice: 'move the file away, or run nocturne store migrate; it is rebuilt from the log',
    retry: false,
    exit: 3,
    status: 500,
  },
} as const satisfies Record<string, ErrorEntry>
