import type { Clock } from '../std/clock.ts'
import type { Claim, GroupSpec, Log } from '../log/log.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import type { Logger } from '../telemetry/logger.ts'

const BACKOFF_MS_MIN = 100
const BACKOFF_MS_MAX = 10_000
/** A reader that ran this long without failing begins its back-off anew. */
const HEALTHY_AFTER_MS = 60_000

export type Supervision = {
  readonly clock: Clock
  readonly logger: Logger
  /** Counts each restart by reader and reason. */
  readonly failed: (reader: string, reason: string) => void
  /** A bug, not an expected failure: the process must end (R5). */
  readonly bug: (error: unknown) => void
}

/**
 * Runs a part until the signal aborts and begins it again after an expected failure, since every
 * reader continues at its last position. Errors of all readers come to rest here.
 */
export async function supervise(
  supervision: Supervision,
  part: { readonly name: string; readonly signal: AbortSignal },
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { clock, logger } = supervision
  let backoffMs = BACKOFF_MS_MIN
  while (!part.signal.aborted) {
    const startedAt = clock.now()
    try {
      await run(part.signal)
      return
    } catch (error) {
      if (part.signal.aborted) return
      if (!(error instanceof NocturneError)) return supervision.bug(error)
      supervision.failed(part.name, error.code)
      logger.warn({ reader: part.name, reason: error.code, backoff_ms: backoffMs }, error.message)
      if (clock.now() - startedAt > HEALTHY_AFTER_MS) backoffMs = BACKOFF_MS_MIN
      await clock.sleep(backoffMs, part.signal)
      backoffMs = Math.min(BACKOFF_MS_MAX, backoffMs * 2)
    }
  }
}

/** Runs one reader on every partition that becomes ours; a revoked one is finished and let go. */
export async function superviseClaims(
  supervision: Supervision,
  part: {
    readonly name: string
    readonly log: Log
    readonly group: GroupSpec
    readonly signal: AbortSignal
  },
  read: (claim: Claim) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  for await (const claim of part.log.claims(part.group, part.signal)) {
    const name = `${part.name}/${claim.topic}/${claim.partition}`
    const reader = supervise(supervision, { name, signal: claim.signal }, () => read(claim))
    const task = reader.finally(() => {
      claim.release()
      running.delete(task)
    })
    running.add(task)
  }
  await Promise.all([...running])
}
