import type { AlertView } from '../../src/serve/contract.ts'
import type { WallState } from './wall-store.ts'

/** What every part is given: the state, the server's time, and what a person may do. */
export type WallContext = {
  readonly state: WallState
  /** Epoch milliseconds of the server's clock at this drawing. */
  readonly now: number
  readonly askAck: (alert: AlertView) => void
  readonly release: (alert: AlertView) => void
}
