import type { Config } from '../config/config.ts'
import type { Clock } from '../std/clock.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { OpenKafka } from './log/open-kafka.ts'
import type { Role } from './roles.ts'

/** What a Nocturne is started with. */
export type AppOptions = {
  readonly config: Config
  readonly roles: ReadonlySet<Role>
  readonly logger: Logger
  /** Instead of the machine's; then every reader runs in this thread, which alone can have it. */
  readonly clock?: Clock
  /** Standard input, for a source of that kind. */
  readonly input: AsyncIterable<Uint8Array>
  /** Where the receiver `terminal` writes whole lines. */
  readonly terminal: { readonly write: (text: string) => void; readonly isColored: boolean }
  /** The built wall; a folder that is missing makes a server without one. */
  readonly wallFolder: string
  /** Instead of our adapter, for the log and for what is forwarded to. */
  readonly openKafka?: OpenKafka
  /** Forward again from this time on, epoch ms (R22). */
  readonly forwardFromMs?: number
}
