import type { Clock } from '../std/clock.ts'
import type { Claim, GroupSpec, Log, LogGap } from '../log/log.ts'
import type { ErrorCode } from '../model/error-catalogue.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import type { Logger } from '../telemetry/logger.ts'
import { Backoff, WAIT_MS_MIN } from './backoff.ts'
import type { ClaimReader } from './claim-reader.ts'
import { HeldLog } from './held-log.ts'

/** What a bug in a reader is called where codes are shown. */
const BUG: ErrorCode = 'APP_READER_BUG'
/** What people cure elsewhere: found out soon, though a repeat alone does not help (R2). */
const CURED_ELSEWHERE: ReadonlySet<ErrorCode> = new Set([
  'LOG_TLS_UNKNOWN_CA',
  'LOG_TLS_HOSTNAME',
  'LOG_TLS_EXPIRED',
  'LOG_TLS_MISMATCH',
  'LOG_AUTH_FAILED',
  'LOG_ACL_DENIED',
  'LOG_SECRET_UNREADABLE',
  'LOG_BROKERS_MISSING',
  'LOG_TOPIC_UNKNOWN',
  'LOG_TOPIC_DIFFERS',
  'STORE_REFUSED',
  'STORE_TLS_UNKNOWN_CA',
  'STORE_TLS_HOSTNAME',
  'STORE_TLS_EXPIRED',
  'STORE_TLS_MISMATCH',
  'STORE_AUTH_FAILED',
  'STORE_ACL_DENIED',
  'STORE_SECRET_UNREADABLE',
])
/** A reader that had failed is well again when it has run this long, and longer than it waited. */
const WELL_AFTER_MS = 10_000

export type Supervision = {
  readonly clock: Clock
  readonly logger: Logger
  /** Counts each restart by reader and reason. */
  readonly failed: (reader: string, reason: string) => void
  /** A reader stands still for a reason that a repeat may not cure; undefined: it is over. */
  readonly troubled: (reader: string, code: ErrorCode | undefined) => void
  /** Rows that a reader of this group will never get. */
  readonly missed: (group: string, gap: LogGap) => void
  /** A bug outside of the readers of partitions: the process must end (R5). */
  readonly bug: (error: unknown) => void
}

export type Part = {
  readonly name: string
  readonly signal: AbortSignal
  /** Its state is made anew from the log, so that a bug in it stops it alone (R31). */
  readonly isRebuilt?: boolean
}

/**
 * Runs a part until the signal aborts and begins it again after a failure, since every reader
 * continues at its last position. Errors of all readers come to rest here.
 */
export async function supervise(
  supervision: Supervision,
  part: Part,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { clock, logger } = supervision
  const { name, signal } = part
  const backoff = new Backoff(clock)
  let isTroubled = false
  let waitedMs = 0
  while (!signal.aborted) {
    const ended = new AbortController()
    const ending = AbortSignal.any([ended.signal, signal])
    if (isTroubled) void tellWhenWell(supervision, { name, waitedMs }, ending)
    backoff.begins()
    try {
      await run(signal)
      break
    } catch (error) {
      ended.abort()
      if (signal.aborted) break
      const isExpected = error instanceof NocturneError
      if (!isExpected && part.isRebuilt !== true) return supervision.bug(error)
      const code = isExpected ? error.code : BUG
      // The next run begins where the log can be read, and tells what is missing.
      const isOvertaken = code === 'LOG_OFFSET_OUT_OF_RANGE'
      const mayPass = isOvertaken || (isExpected && error.entry.retry)
      const isLookedAtSoon = isExpected && CURED_ELSEWHERE.has(error.code)
      waitedMs = isOvertaken ? WAIT_MS_MIN : backoff.next(mayPass || isLookedAtSoon)
      supervision.failed(name, code)
      const facts = { reader: name, reason: code, backoff_ms: waitedMs }
      if (isExpected) logger.warn(facts, error.message)
      else logger.error({ ...facts, stack: stackOf(error) }, 'a bug stopped this reader')
      isTroubled ||= !mayPass
      if (!mayPass) supervision.troubled(name, code)
      await clock.sleep(waitedMs, signal)
    }
  }
  if (isTroubled) supervision.troubled(name, undefined)
}

async function tellWhenWell(
  { clock, troubled }: Supervision,
  { name, waitedMs }: { readonly name: string; readonly waitedMs: number },
  ending: AbortSignal,
): Promise<void> {
  await clock.sleep(Math.max(WELL_AFTER_MS, waitedMs), ending)
  if (!ending.aborted) troubled(name, undefined)
}

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)

/** Runs one reader on every partition that becomes ours; a revoked one is finished and let go. */
export async function superviseClaims(
  supervision: Supervision,
  part: {
    readonly name: string
    readonly log: Log
    readonly group: GroupSpec
    readonly signal: AbortSignal
  },
  read: ClaimReader['read'],
): Promise<void> {
  const whole = { name: part.name, signal: part.signal }
  await supervise(supervision, whole, async () => {
    const running = new Set<Promise<void>>()
    try {
      for await (const claim of part.log.claims(part.group, part.signal)) {
        const name = `${part.name}/${claim.topic}/${claim.partition}`
        const task = superviseClaim(supervision, { ...part, name, claim, reader: part.name }, read)
        running.add(task)
        const done = (): void => void running.delete(task)
        task.then(done, done)
      }
    } finally {
      // Who can be a member no longer has lost its claims, so that their readers end.
      await Promise.all([...running])
    }
  })
}

type ClaimPart = {
  readonly name: string
  readonly reader: string
  readonly log: Log
  readonly claim: Claim
}

/** A bug ends here too: each run makes its state anew, so that it harms no other (R31). */
async function superviseClaim(
  supervision: Supervision,
  { name, reader, log, claim }: ClaimPart,
  read: ClaimReader['read'],
): Promise<void> {
  const held = new Set<string>()
  const onHeld = (error: NocturneError): void => {
    const trouble = `${name} without ${error.detail}`
    held.add(trouble)
    supervision.failed(name, error.code)
    supervision.troubled(trouble, error.code)
    const facts = { reader: name, reason: error.code, missing: error.detail }
    supervision.logger.error(facts, 'goes on without this partition and keeps its position')
  }
  const gaps = { onGap: (gap: LogGap) => supervision.missed(reader, gap) }
  const part = { name, signal: claim.signal, isRebuilt: true }
  try {
    await supervise(supervision, part, () => read(claim, new HeldLog(log, onHeld), gaps))
  } finally {
    for (const trouble of held) supervision.troubled(trouble, undefined)
    claim.release()
  }
}
