import type { Step } from '../model/step.ts'
import type { WindowResult } from '../model/window-result.ts'
import type { WindowFrame } from '../wire/window-codec.ts'

/** Where results go; `wall` is the wall time of this turn, for receipts alone. */
export type Results = {
  /** Each with the frame of its group's windows. */
  readonly windows: { readonly frame: WindowFrame; readonly window: WindowResult }[]
  readonly steps: Step[]
  readonly wall: number
}
