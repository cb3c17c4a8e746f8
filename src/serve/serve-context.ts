import type { Log, LogGap, LogGroups } from '../log/log.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import type { Clock } from '../std/clock.ts'
import type { Lane } from '../std/lane.ts'
import type { Store } from '../store/store.ts'
import type { ServeConfig } from './config.ts'
import type { LogView } from './contract.ts'
import type { LiveFeed } from './feed/live-feed.ts'
import type { LiveView } from './view/live-view.ts'
import type { SiteEngine } from './view/site-engine.ts'
import type { WallFiles } from './wall-files.ts'

/** What an intake answers: an HTTP status, a JSON body and, when it is full, when to come again. */
export type IntakeAnswer = {
  readonly status: number
  readonly body: unknown
  readonly retryAfterS?: number
}

/** Takes readings as they were posted; durable before it answers 202 (D1). */
export type Intake = (
  body: Uint8Array,
  headers: { readonly contentType: string; readonly contentEncoding: string },
) => Promise<IntakeAnswer>

/** One of the checks of R2; `code` is of the error catalogue where it is not ok. */
export type ReadinessCheck = {
  readonly name: string
  readonly isOk: boolean
  readonly code?: string
  /** What else is worth knowing of it, in words. */
  readonly detail?: string
}

/** Rows that a reader never got, and which one. */
export type MetGap = { readonly reader: string; readonly gap: LogGap }

export type ServeOptions = {
  readonly log: Log & LogGroups
  readonly store: Store
  readonly monitors: readonly MonitorSpec[]
  readonly clock: Clock
  /** Where work that can wait takes turns. */
  readonly lane: Lane
  /** A prom-client registry, or anything that answers alike. */
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> }
  readonly intake: Intake
  readonly config: ServeConfig
  readonly wallFiles: WallFiles
  /** Counts a drop, a refusal or a retry by what and why (R7). */
  readonly count: (what: string, reason: string) => void
  /** What the other rooms need to be ready, beside this one's own check. */
  readonly readiness: () => readonly ReadinessCheck[]
  /** What the wall has to say of the log; absent: nothing ever. */
  readonly logView?: () => LogView
  /** By site; absent: no query is watched here. */
  readonly engines?: () => ReadonlyMap<string, SiteEngine>
  /** How far a reader of this process has come, beyond what its group has committed. */
  readonly readTo: (group: string, partition: number) => number | undefined
  /** Newest first. */
  readonly gaps: () => readonly MetGap[]
  /** Unique to this start of the program: letters and digits. */
  readonly epoch: string
  /** A number in [0, 1), to spread reconnects. */
  readonly jitter: () => number
}

/** What every route may use; the monitors in force are those of the view. */
export type ServeContext = Omit<ServeOptions, 'monitors'> & {
  readonly view: LiveView
  readonly feed: LiveFeed
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal
}
