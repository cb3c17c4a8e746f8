import type { Machine } from './machine.ts'
import type { EndKind } from './faults.ts'
import type { Outside } from './outside.ts'
import type { Sender } from './sender.ts'
import type { SimEndpoint } from './sim-endpoint.ts'
import type { SimProcess } from './sim-process.ts'

/** What the machine's disk holds while nothing is wrong. */
export const DISK_BYTES = 1_073_741_824

/** A world as those see it who make things happen to it. */
export interface Stage extends Machine, Outside {
  readonly process: SimProcess | undefined
  readonly senders: readonly Sender[]
  /** Servers that are told, of whatever kind. */
  readonly endpoints: readonly SimEndpoint[]
  /** The process is gone from one moment to the next, and started again after a while. */
  end(kind: EndKind, downMs: number): void
  /** It is stopped in good order, and started again after a while. */
  restart(downMs: number): Promise<void>
  /** Something that goes on next to all else; where it fails, the world does. */
  beside(work: Promise<void>): void
}
