import { errors, types } from 'cassandra-driver'
import { NocturneError } from '../../../model/nocturne-error.ts'

const { responseErrorCodes: codes } = types

/** What a node answers where it is only busy, or others are away. */
const BUSY: ReadonlySet<number> = new Set([
  codes.unavailableException,
  codes.overloaded,
  codes.isBootstrapping,
  codes.truncateError,
  codes.readFailure,
  codes.writeFailure,
])
const LATE: ReadonlySet<number> = new Set([codes.readTimeout, codes.writeTimeout])

const REASONS_MAX = 3
const MIGRATE = 'run nocturne store migrate'

/** What the driver failed with, as a code of the catalogue; anything else is as it was. */
export function storeError(error: unknown): unknown {
  if (error instanceof errors.ResponseError) return answered(error)
  if (error instanceof errors.OperationTimedOutError) {
    return new NocturneError('STORE_TIMEOUT', error.message, { cause: error })
  }
  if (error instanceof errors.NoHostAvailableError) {
    const inner = Object.values<unknown>(error.innerErrors ?? {})
    // A node that answers is there: what it says is the reason, not that no other is left.
    const answer = inner.find((each) => each instanceof errors.ResponseError)
    if (answer !== undefined) return answered(answer, error)
    const reasons = new Set(inner.map((each) => (each instanceof Error ? each.message : '')))
    const detail = [...reasons].slice(0, REASONS_MAX).join('; ') || error.message
    return new NocturneError('STORE_UNAVAILABLE', detail, { cause: error })
  }
  if (error instanceof errors.DriverError) {
    return new NocturneError('STORE_UNAVAILABLE', error.message, { cause: error })
  }
  return error
}

/** The schema is not there, or not the one that is spoken. */
export const schemaRefused = (what: string, options?: ErrorOptions): NocturneError =>
  new NocturneError('STORE_REFUSED', `${what}; ${MIGRATE}`, options)

function answered(error: Error & { readonly code?: number }, cause: Error = error): NocturneError {
  const { code = -1, message } = error
  if (LATE.has(code)) return new NocturneError('STORE_TIMEOUT', message, { cause })
  if (BUSY.has(code)) return new NocturneError('STORE_UNAVAILABLE', message, { cause })
  return schemaRefused(message, { cause })
}
