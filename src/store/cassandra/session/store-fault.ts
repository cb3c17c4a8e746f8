import { errors } from 'cassandra-driver'
import type { ErrorCode } from '../../../model/error-catalogue.ts'
import { NocturneError } from '../../../model/nocturne-error.ts'
import type { TlsFiles } from '../cassandra-options.ts'

/** Cassandra's own codes, with its names for them. */
const byAnswer: Readonly<Record<number, readonly [name: string, code: ErrorCode]>> = {
  0x0000: ['server error', 'STORE_UNAVAILABLE'],
  0x000a: ['protocol error', 'STORE_REFUSED'],
  0x0100: ['bad credentials', 'STORE_AUTH_FAILED'],
  0x1000: ['unavailable', 'STORE_UNAVAILABLE'],
  0x1001: ['overloaded', 'STORE_UNAVAILABLE'],
  0x1002: ['is bootstrapping', 'STORE_UNAVAILABLE'],
  0x1003: ['truncate error', 'STORE_UNAVAILABLE'],
  0x1100: ['write timeout', 'STORE_TIMEOUT'],
  0x1200: ['read timeout', 'STORE_TIMEOUT'],
  0x1300: ['read failure', 'STORE_UNAVAILABLE'],
  0x1400: ['function failure', 'STORE_REFUSED'],
  0x1500: ['write failure', 'STORE_UNAVAILABLE'],
  0x2000: ['syntax error', 'STORE_REFUSED'],
  0x2100: ['unauthorized', 'STORE_ACL_DENIED'],
  0x2200: ['invalid', 'STORE_REFUSED'],
  0x2300: ['config error', 'STORE_REFUSED'],
  0x2400: ['already exists', 'STORE_REFUSED'],
  0x2500: ['unprepared', 'STORE_UNAVAILABLE'],
}

/** What TLS and the sockets call what we tell apart (R2). */
const byCause: Readonly<Record<string, ErrorCode>> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'STORE_TLS_UNKNOWN_CA',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'STORE_TLS_UNKNOWN_CA',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'STORE_TLS_UNKNOWN_CA',
  UNABLE_TO_GET_ISSUER_CERT: 'STORE_TLS_UNKNOWN_CA',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'STORE_TLS_UNKNOWN_CA',
  CERT_SIGNATURE_FAILURE: 'STORE_TLS_UNKNOWN_CA',
  ERR_TLS_CERT_ALTNAME_INVALID: 'STORE_TLS_HOSTNAME',
  CERT_HAS_EXPIRED: 'STORE_TLS_EXPIRED',
  CERT_NOT_YET_VALID: 'STORE_TLS_EXPIRED',
  ERR_SSL_WRONG_VERSION_NUMBER: 'STORE_TLS_MISMATCH',
  EPROTO: 'STORE_TLS_MISMATCH',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'STORE_AUTH_FAILED',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'STORE_AUTH_FAILED',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'STORE_AUTH_FAILED',
}

/** A node that cannot read who may what says so as if we may not. */
const UNREAD_ROLES = /^Unable to perform auth|Cannot achieve consistency level/
/** What says least: whatever else was met tells more. */
const VAGUE: ReadonlySet<ErrorCode> = new Set(['STORE_UNAVAILABLE', 'STORE_TIMEOUT'])

const CAUSES_MAX = 64

/** An error of the driver as one of ours; anything else is as it was. */
export type StoreFault = (error: unknown) => unknown

/** A client, as far as it says what happens to it. */
type Spoken = { on(event: string, listener: (...said: unknown[]) => void): unknown }

/** The schema is not there, or not the one that is spoken. */
export const schemaRefused = (what: string): NocturneError =>
  new NocturneError('STORE_REFUSED', what)

/**
 * Tells what the errors of a client are to us. Once connected, a client knows no more of a node
 * that it lost than that it is gone, so why it could not come back is listened for.
 */
export function storeFaults(client: Spoken, tls?: TlsFiles): StoreFault {
  let lastMet: NocturneError | undefined
  client.on('log', (...said: readonly unknown[]) => {
    const [level, source, , met] = said
    if (level === 'warning' && source === 'Connection' && met instanceof Error) {
      lastMet = faultOf([{ error: met, node: '' }])
    }
  })
  client.on('hostUp', () => (lastMet = undefined))
  return (error) => {
    const causes = causesOf(error)
    const ours = causes.find((cause) => cause.error instanceof NocturneError)
    if (ours !== undefined) return ours.error
    if (!(error instanceof errors.DriverError)) return error
    const told = faultOf(causes)
    if (tls === undefined && causes.some(isCutOff)) return mayWantTls(told)
    const isLost = error instanceof errors.NoHostAvailableError && VAGUE.has(told.code)
    return isLost && lastMet !== undefined && !VAGUE.has(lastMet.code) ? lastMet : told
  }
}

/** What a port that wants TLS does to whoever speaks plainly, and a node that dies to everybody. */
const isCutOff = ({ error }: Cause): boolean => 'code' in error && error.code === 'ECONNRESET'

const mayWantTls = ({ code, detail, cause }: NocturneError): NocturneError =>
  new NocturneError(code, `${detail}; it may want store.cassandra.tls`, { cause })

type Cause = { readonly error: Error; readonly node: string }

function faultOf(causes: readonly Cause[]): NocturneError {
  const named = causes.flatMap((cause) => {
    const code = codeOf(cause.error)
    return code === undefined ? [] : [{ ...cause, code }]
  })
  const first = named.find(({ code }) => !VAGUE.has(code)) ?? named[0]
  const { error, node } = first ?? causes.at(-1)!
  const detail = node === '' ? sentenceOf(error) : `${node}: ${sentenceOf(error)}`
  return new NocturneError(first?.code ?? 'STORE_UNAVAILABLE', detail, { cause: error })
}

function codeOf(error: Error): ErrorCode | undefined {
  if (error instanceof NocturneError) return error.code
  if (UNREAD_ROLES.test(error.message)) return 'STORE_UNAVAILABLE'
  if (error instanceof errors.AuthenticationError) return 'STORE_AUTH_FAILED'
  if (error instanceof errors.OperationTimedOutError) return 'STORE_TIMEOUT'
  if (error instanceof errors.ResponseError) return byAnswer[error.code]?.[1]
  return 'code' in error && typeof error.code === 'string' ? byCause[error.code] : undefined
}

function sentenceOf(error: Error): string {
  const name = error instanceof errors.ResponseError ? byAnswer[error.code]?.[0] : undefined
  return name === undefined ? error.message : `${error.message} (${name})`
}

/** The error itself, those of the nodes that were tried, and what lies behind each. */
function causesOf(error: unknown): readonly Cause[] {
  const found: Cause[] = []
  const open: { readonly error: unknown; readonly node: string }[] = [{ error, node: '' }]
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { error: met, node } = next
    if (!(met instanceof Error) || found.length >= CAUSES_MAX) continue
    found.push({ error: met, node })
    if ('innerErrors' in met && met.innerErrors) {
      for (const [tried, inner] of Object.entries(met.innerErrors)) {
        open.push({ error: inner, node: tried })
      }
    }
    if ('innerError' in met) open.push({ error: met.innerError, node })
    open.push({ error: met.cause, node })
  }
  return found
}
