import { errorCatalogue, type ErrorCode } from './error-catalogue.ts'
import type { ErrorEntry } from './error-entry.ts'

/** An expected failure that someone above decides about; its code is in the catalogue. */
export class NocturneError extends Error {
  override readonly name = 'NocturneError'
  readonly code: ErrorCode
  /** What the sentence of the catalogue is filled with. */
  readonly detail: string

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(
      errorCatalogue[code].message.replace('{}', () => detail),
      options,
    )
    this.code = code
    this.detail = detail
  }

  get entry(): ErrorEntry {
    return errorCatalogue[this.code]
  }
}
