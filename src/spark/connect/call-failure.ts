import { decodeMessage } from '../../wire/spark-connect/codec.ts'

/** Of gRPC. */
export const GrpcStatus = {
  cancelled: 1,
  deadlineExceeded: 4,
  permissionDenied: 7,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo'

/** What a failed call is told by: the status of gRPC, and Spark's own words where it sent them. */
export type CallFault = {
  readonly status: number
  readonly text: string
  /** The trailer `grpc-status-details-bin`. */
  readonly trailer?: Uint8Array
}

/** A call that failed. `errorClass` is Spark's condition, absent where nobody named one (Z5). */
export class CallFailure extends Error {
  override readonly name = 'CallFailure'
  readonly status: number
  readonly text: string
  readonly errorClass: string | undefined
  /** What `FetchErrorDetails` takes. */
  readonly errorId: string | undefined
  /** Whether Spark itself has said it; else it is the way to Spark that failed. */
  readonly isFromSpark: boolean

  constructor({ status, text, trailer }: CallFault) {
    super(text)
    this.status = status
    this.text = text
    const info = trailer && errorInfo(trailer)
    const bracketed = /^\[([A-Z0-9_]+(?:\.[A-Z0-9_]+)*)\]/.exec(text)?.[1]
    this.errorClass = info?.metadata?.get('errorClass') ?? bracketed
    this.errorId = info?.metadata?.get('errorId')
    this.isFromSpark = info !== undefined || bracketed !== undefined
  }

  /** The way to Spark failed: to ask again may help, and the operation may have gone on. */
  get isInterruption(): boolean {
    if (this.errorClass === 'INVALID_CURSOR.DISCONNECTED') return true
    if (this.isFromSpark) return false
    const { unavailable, deadlineExceeded, cancelled, internal } = GrpcStatus
    return [unavailable, deadlineExceeded, cancelled, internal].some((one) => one === this.status)
  }
}

function errorInfo(trailer: Uint8Array) {
  const details = decodeMessage('Status', trailer)?.details ?? []
  const found = details.find(({ typeUrl }) => typeUrl === ERROR_INFO)
  return found?.value && decodeMessage('ErrorInfo', found.value)
}
