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
    message: 'the store’s schema does not fit: {}',
    advice: 'move a file away, or run nocturne store migrate; the store is rebuilt from the log',
    retry: false,
    exit: 3,
    status: 500,
  },
  STORE_TLS_UNKNOWN_CA: {
    message: 'the store’s certificate is signed by nobody we trust: {}',
    advice: 'name the authority that signed it under store.cassandra.tls.ca; tried again by itself',
    retry: false,
    exit: 1,
    status: 503,
  },
  STORE_TLS_HOSTNAME: {
    message: 'the store’s certificate is for another host: {}',
    advice: 'let it carry the nodes’ addresses, or say store.cassandra.tls.server_name',
    retry: false,
    exit: 1,
    status: 503,
  },
  STORE_TLS_EXPIRED: {
    message: 'a certificate between us and the store is not valid today: {}',
    advice: 'renew it, and check the clocks; it is tried again by itself',
    retry: false,
    exit: 1,
    status: 503,
  },
  STORE_TLS_MISMATCH: {
    message: 'the store speaks TLS and we do not, or we do and it does not: {}',
    advice: 'set or remove store.cassandra.tls; it is tried again by itself',
    retry: false,
    exit: 1,
    status: 503,
  },
  STORE_AUTH_FAILED: {
    message: 'the store refuses our login: {}',
    advice: 'check store.cassandra.auth and its password file; it is tried again by itself',
    retry: false,
    exit: 1,
    status: 503,
  },
  STORE_ACL_DENIED: {
    message: 'the store does not allow us: {}',
    advice: 'grant what docs/cassandra.md lists; it is tried again by itself',
    retry: false,
    exit: 1,
    status: 503,
  },
  STORE_SECRET_UNREADABLE: {
    message: 'a certificate or password for the store cannot be read: {}',
    advice: 'check the file and its permissions; it is tried again by itself',
    retry: false,
    exit: 1,
    status: 503,
  },
} as const satisfies Record<string, ErrorEntry>
