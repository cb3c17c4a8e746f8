import { errorCatalogue, type ErrorCode, type ErrorEntry } from './error-catalogue.ts'

/** An expected failure that someone above decides about; its code is in the catalogue. */
export class NocturneError extends Error {
  override readonly name = 'NocturneError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(
      errorCatalogue[code].message.replace('{}', () => detail),
      options,
    )
    this.code = code
  }

  get entry(): ErrorEntry {
    return errorCatalogue[this.code]
  }
}
