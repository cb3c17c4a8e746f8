/** What is told of an error: its sentence, what to do, whether a repeat may help, the exit code. */
export type ErrorEntry = {
  readonly message: string
  readonly advice: string
  readonly retry: boolean
  /** Exit code of the command line (R6). */
  readonly exit: 1 | 2 | 3 | 4 | 70
  /** HTTP status where it can reach a client. */
  readonly status: number
}

/** Every error that can leave a room; `{}` in a message is filled with what it met. */
export const errorCatalogue = {
  CONFIG_INVALID: {
    message: 'the configuration is not valid: {}',
    advice: 'mend the line it names; nocturne check config FILE says the same without starting',
    retry: false,
    exit: 3,
    status: 400,
  },
  COLLECT_ADDRESS_INVALID: {
    message: '{} is no address and no prefix',
    advice: 'write an address such as 10.0.0.1 or a prefix such as 2001:db8::/32',
    retry: false, exit: 3, status: 400,
  },
  COLLECT_SS_FAILED: {
    message: 'the TCP connections of this host cannot be read: {}',
    advice: 'install iproute2, or switch this source off; it is tried again by itself',
    retry: true, exit: 1, status: 503,
  },
  COLLECT_INPUT_UNREADABLE: {
    message: 'an input cannot be read: {}',
    advice: 'check the path and its permissions; what was read before is kept',
    retry: true,
    exit: 2,
    status: 500,
  },
  LOG_TOPIC_UNKNOWN: {
    message: 'there is no topic {}',
    advice: 'names are case-sensitive; nocturne tail without a topic lists them',
    retry: false,
    exit: 2,
    status: 404,
  },
  LOG_TOPIC_DIFFERS: {
    message: 'topic {}',
    advice: 'a topic keeps its partitions and cleanup; take a new data folder to change them',
    retry: false,
    exit: 3,
    status: 409,
  },
  LOG_RECORD_TOO_LARGE: {
    message: 'a record is too large: {}',
    advice: 'send smaller records; the topic says how large one may be',
    retry: false,
    exit: 1,
    status: 413,
  },
  LOG_FULL: {
    message: 'the log takes no more for now: {}',
    advice: 'free space or wait; collectors keep what they read meanwhile',
    retry: true,
    exit: 1,
    status: 429,
  },
  LOG_POISONED: {
    message: 'a write to {} failed, so nothing more is appended there',
    advice: 'check the disk, then restart: the log is read again from the start',
    retry: false,
    exit: 1,
    status: 503,
  },
  LOG_OFFSET_OUT_OF_RANGE: {
    message: 'there is no record {}',
    advice: 'retention was faster than the reader, or the end was lost; reading goes on by start',
    retry: false,
    exit: 1,
    status: 410,
  },
  LOG_FENCED: {
    message: 'the claim on {} is held by nobody or by another',
    advice: 'drop the state and wait for a new claim',
    retry: false,
    exit: 1,
    status: 409,
  },
  LOG_CLOSED: {
    message: 'the log is closed: {}',
    advice: 'nothing can be read or appended after close',
    retry: false,
    exit: 1,
    status: 503,
  },
  LOG_LOCKED: {
    message: 'another process holds the log in {}',
    advice: 'stop the other process or name another data folder',
    retry: false,
    exit: 3,
    status: 503,
  },
  LOG_NOTE_TOO_LONG: {
    message: 'a note is at most 4096 bytes, this one has {}',
    advice: 'keep less beside the position',
    retry: false,
    exit: 70,
    status: 500,
  },
  LOG_CORRUPT: {
    message: 'the log cannot be read: {}',
    advice: 'restore the folder, or move it away and start anew',
    retry: false,
    exit: 1,
    status: 500,
  },
  STORE_UNAVAILABLE: {
    message: 'the store cannot be reached: {}',
    advice: 'nothing is lost: windows wait in the log until the store is back',
    retry: true,
    exit: 1,
    status: 503,
  },
  STORE_REFUSED: {
    message: 'the store was made by another version: {}',
    advice: 'move the file away; it is rebuilt from the log',
    retry: false,
    exit: 3,
    status: 500,
  },
  SERVE_QUERY_INVALID: {
    message: 'the request cannot be answered: {}',
    advice: 'mend the parameter it names; docs/api.md lists them',
    retry: false,
    exit: 2,
    status: 400,
  },
  SERVE_BODY_INVALID: {
    message: 'the body cannot be read: {}',
    advice: 'send one JSON object with the fields of docs/api.md',
    retry: false,
    exit: 2,
    status: 400,
  },
  SERVE_BODY_TOO_LARGE: {
    message: 'the body is larger than {} bytes',
    advice: 'send it in smaller parts',
    retry: false,
    exit: 1,
    status: 413,
  },
  SERVE_TYPE_UNSUPPORTED: {
    message: 'the content type {} is not read here',
    advice: 'acknowledge with application/json; readings are application/x-ndjson, JSON or CSV',
    retry: false,
    exit: 2,
    status: 415,
  },
  SERVE_CROSS_SITE: {
    message: 'a request from another page is refused: {}',
    advice: 'act from the wall itself, opened under a name that the server knows as its own',
    retry: false,
    exit: 4,
    status: 403,
  },
  SERVE_NO_OPEN_EPISODE: {
    message: 'no_open_episode: {} is no longer open',
    advice: 'nothing was changed; look for the newer episode of the same alert',
    retry: false,
    exit: 1,
    status: 409,
  },
  SERVE_NOT_FOUND: {
    message: 'there is nothing at {}',
    advice: 'the wall is at /, the addresses of the API are in docs/api.md',
    retry: false,
    exit: 2,
    status: 404,
  },
  SERVE_BUSY: {
    message: 'too many at once: {}',
    advice: 'try again in a few seconds',
    retry: true,
    exit: 1,
    status: 503,
  },
  SERVE_INTERNAL: {
    message: 'the server failed at {}',
    advice: 'this is a bug: report it with the log line of the same time',
    retry: false,
    exit: 70,
    status: 500,
  },
  REPLAY_DIFFERS: {
    message: 'this data folder holds a replay of another recording: {}',
    advice: 'replay that file, or name an empty folder with --data',
    retry: false,
    exit: 2,
    status: 400,
  },
  APP_RESTORING: {
    message: 'what lay in the log at the start is still being read: {}',
    advice: 'wait: it is ready once it has caught up',
    retry: true,
    exit: 1,
    status: 503,
  },
  CLI_LISTEN_REFUSED: {
    message: 'nobody is asked for a password yet, so {} is refused',
    advice: 'listen on 127.0.0.1 and put a proxy with a login, or ssh -L, before it',
    retry: false,
    exit: 4,
    status: 500,
  },
  CLI_LISTEN_FAILED: {
    message: 'the wall cannot listen: {}',
    advice: 'another program may hold the port; --listen 127.0.0.1:0 takes a free one',
    retry: false,
    exit: 1,
    status: 500,
  },
  CLI_NOTHING_UNDERSTOOD: {
    message: 'not one row of {} was understood',
    advice: 'name its fields under collect: map: in the configuration; --help shows how',
    retry: false,
    exit: 3,
    status: 400,
  },
  CLI_SERVER_UNREACHABLE: {
    message: 'no Nocturne answers: {}',
    advice: 'start one with nocturne up, or name its address with --to',
    retry: true,
    exit: 1,
    status: 503,
  },
  CLI_SERVER_REFUSED: {
    message: 'Nocturne refused the request: {}',
    advice: 'mend what it names; --help shows examples',
    retry: false,
    exit: 1,
    status: 400,
  },
  CLI_FILE_MISSING: {
    message: 'there is no {}',
    advice: 'check the path; it begins at the working folder',
    retry: false,
    exit: 2,
    status: 404,
  },
  CLI_CASE_INVALID: {
    message: 'a case cannot be understood: {}',
    advice: 'mend the line it names; docs/cases.md shows every statement',
    retry: false,
    exit: 3,
    status: 400,
  },
  CLI_CASE_FAILED: {
    message: '{}',
    advice: 'each line above says what was expected and what came',
    retry: false,
    exit: 1,
    status: 400,
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorCatalogue
