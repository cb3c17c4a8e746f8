import type { ErrorCode } from '../model/error-catalogue.ts'
import { NocturneError } from '../model/nocturne-error.ts'

/** Whether an error is the one of the catalogue that the next line decides about. */
export const hasCode = (error: unknown, code: ErrorCode): boolean =>
  error instanceof NocturneError && error.code === code
