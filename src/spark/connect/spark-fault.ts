import type { ErrorCode } from '../../model/error-catalogue.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { GrpcStatus, type CallFailure } from './call-failure.ts'

const DETAIL_CHARS_MAX = 2_000

const codeByClass: Readonly<Record<string, ErrorCode>> = {
  'INVALID_HANDLE.SESSION_CHANGED': 'SPARK_SESSION_CHANGED',
  'INVALID_HANDLE.SESSION_CLOSED': 'SPARK_SESSION_CLOSED',
  'INVALID_HANDLE.SESSION_NOT_FOUND': 'SPARK_SESSION_CLOSED',
  // Whether it ran to its end nobody knows (Z1).
  'INVALID_HANDLE.OPERATION_NOT_FOUND': 'SPARK_UNAVAILABLE',
  'INVALID_HANDLE.OPERATION_ABANDONED': 'SPARK_UNAVAILABLE',
  'INVALID_CURSOR.POSITION_NOT_AVAILABLE': 'SPARK_UNAVAILABLE',
  'INVALID_CURSOR.POSITION_NOT_FOUND': 'SPARK_UNAVAILABLE',
  'CONNECT_INVALID_PLAN.STREAMING_QUERY_NOT_FOUND': 'SPARK_QUERY_GONE',
}

/** In this order: a name that does not fit is told by OpenSSL's words and by Node's code. */
const tlsFaults: readonly (readonly [words: RegExp, code: ErrorCode])[] = [
  [/altnames|ALTNAME|Hostname\/IP does not match/, 'SPARK_TLS_HOSTNAME'],
  [/certificate has expired|not yet valid|CERT_HAS_EXPIRED/, 'SPARK_TLS_EXPIRED'],
  [/self.signed|local issuer|unable to verify|UNABLE_TO|SELF_SIGNED/, 'SPARK_TLS_UNKNOWN_CA'],
  [
    /wrong version number|Protocol error|packet length too long|EPROTO|SSL alert|ALPN/,
    'SPARK_TLS_MISMATCH',
  ],
]

/** What became of a call as an error of the catalogue; `said` are Spark's fuller words (Z5). */
export function sparkFault(failure: CallFailure, said = failure.text): NocturneError {
  const { errorClass } = failure
  const text = (failure.isFromSpark ? said : plain(said)).slice(0, DETAIL_CHARS_MAX)
  const named = errorClass === undefined || text.startsWith(`[${errorClass}`)
  const words = named ? text : `[${errorClass}] ${text}`
  const detail = isNoHttp2(failure) ? `${words} (it may be that one side speaks TLS alone)` : words
  return new NocturneError(codeOf(failure), detail, { cause: failure })
}

/** The library's words without its own about itself. */
function plain(text: string): string {
  const inner =
    /^No connection established\. Last error: (?:Error: )?(.*?)\.?\s*Resolution note:/s.exec(
      text,
    )?.[1]
  return (inner ?? text)
    .replace(/ \(\d{4}-\d\d-\d\dT[^)]*\)/, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Somebody listens and hangs up: TLS where we speak none, or a proxy before nobody. */
const isNoHttp2 = ({ text }: CallFailure): boolean => /Last error: Failed to connect\b/.test(text)

function codeOf(failure: CallFailure): ErrorCode {
  const { status, errorClass, text } = failure
  const { unauthenticated, permissionDenied, unimplemented } = GrpcStatus
  const ofClass = errorClass === undefined ? undefined : codeByClass[errorClass]
  if (ofClass !== undefined) return ofClass
  if (status === unauthenticated || status === permissionDenied) return 'SPARK_DENIED'
  if (status === unimplemented) return 'SPARK_ANSWER_INVALID'
  if (failure.isInterruption) {
    return tlsFaults.find(([words]) => words.test(text))?.[1] ?? 'SPARK_UNAVAILABLE'
  }
  return 'SPARK_REFUSED'
}
