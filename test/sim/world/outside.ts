import type { HttpIntake } from '../../../src/collect/http-intake.ts'
import type { Log } from '../../../src/log/log.ts'
import type { Tally } from '../core/tally.ts'

/** A running Nocturne as others see it. */
export type Reachable = {
  /** Takes posts once it is there. */
  readonly http: HttpIntake | undefined
  /** Takes what people ask for, once it is there. */
  readonly log: Log | undefined
  /** Resolves when the process is gone. */
  readonly ended: Promise<undefined>
}

/** What those outside have of the world: its time, and whichever process runs just now. */
export interface Outside {
  readonly process: Reachable | undefined
  readonly tally: Tally
  /** Resolves at a time, ms since the world began. */
  until(atMs: number): Promise<void>
  wait(ms: number): Promise<void>
}
