/**
 * The wall's data contract (U14): all that `web/` may know of the server, as types alone. Every
 * instant is epoch milliseconds of the server's clock, or event time where the name ends in `_at`
 * of a window or an episode; `null` is unknown, never zero.
 */

/**
 * One letter a cell: h healthy · s starting (pending) · r clearing (recovering) · i info ·
 * w warning · c critical · n no data · d site dark · l late · m incomplete · o old · u unknown ·
 * e ended.
 */
export type StateCode = 'h' | 's' | 'r' | 'i' | 'w' | 'c' | 'n' | 'd' | 'l' | 'm' | 'o' | 'u' | 'e'

export type AlertLevel = 'info' | 'warning' | 'critical'

/** `restoring`: open alerts are still being rebuilt; `broken`: the server cannot read its logs. */
export type FeedState = 'live' | 'restoring' | 'broken'

/** First event of every connection. */
export type Hello = {
  readonly epoch: string
  readonly now: number
  readonly build: string
  /** Who acts if the viewer does not say. */
  readonly you: string
}

/** Which cells there are; every column is indexed as those of `Cells`. */
export type Roster = {
  readonly version: number
  readonly streams: readonly string[]
  /** A site, or `all`. */
  readonly scopes: readonly string[]
  /** Name of the value that the cell shows. */
  readonly value_names: readonly string[]
  readonly simulated: readonly boolean[]
}

/** The grid, once a second and whole, so that a skipped frame is no loss. */
export type Cells = {
  readonly now: number
  readonly feed: FeedState
  /** Belongs to this version of the roster; a client that has another ignores the frame. */
  readonly roster: number
  /** One `StateCode` a cell. */
  readonly states: string
  /** One hexadecimal digit a cell: 1 hatched (not believed) + 2 acked + 4 corrected. */
  readonly marks: string
  readonly values: readonly (number | null)[]
  /** Milliseconds from the end of the cell's newest window with rows to `now`. */
  readonly ages_ms: readonly (number | null)[]
  /** Newest event time heard from any site, and how far the slowest live site is behind. */
  readonly newest_at: number | null
  readonly lag_ms: number | null
  /** Cells heard within their limit: what an empty penalty box knows. */
  readonly heard: number
  /** Cells that did not fit into the view's bound. */
  readonly hidden: number
}

/** What one receiver was told of an alert's newest step. */
export type ToldView = {
  readonly receiver: string
  readonly outcome: string
  readonly at: number
}

/** One open episode. Labels, texts and names are hostile: shown as text only (U12). */
export type AlertView = {
  readonly episode: string
  readonly fingerprint: string
  readonly seq: number
  readonly alert: string
  readonly monitor: string
  readonly title: string
  readonly condition: 'pending' | 'firing' | 'recovering'
  readonly level: AlertLevel
  /** Why it is open: a threshold, or silence. */
  readonly cause: 'threshold' | 'absent' | 'other'
  readonly data: 'fresh' | 'nodata' | 'error' | 'ended'
  readonly stream: string
  readonly scope: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly value: Readonly<Record<string, number>>
  readonly active_at: number
  readonly fired_at: number | null
  readonly changed_at: number
  readonly complete: boolean
  readonly corrected: boolean
  readonly ack: AckView | null
  readonly told: readonly ToldView[]
  readonly simulated: boolean
}

export type AckView = {
  readonly by: string
  readonly at: number
  readonly until: number | null
  readonly comment: string
}

/** One step as the feed's log tells it. */
export type StepNews = {
  readonly id: string
  readonly episode: string
  readonly alert: string
  readonly title: string
  readonly step: string
  readonly reason: string
  readonly level: AlertLevel
  readonly stream: string
  readonly scope: string
  readonly at: number
  readonly by: string | null
}

/** Sent at once; `prev` is the seq of the `steps` frame before, 0 at the beginning of an epoch. */
export type Steps = {
  readonly prev: number
  readonly steps: readonly StepNews[]
  /** Episodes as they are now, whole. */
  readonly alerts: readonly AlertView[]
  /** Episodes that are over. */
  readonly closed: readonly string[]
}

/** The query of a Spark cluster that makes a site's panes. */
export type EngineView = {
  readonly name: 'spark'
  /** `offline`: the cluster is not reached; `backoff`: it ended, and is begun again. */
  readonly state: 'offline' | 'starting' | 'running' | 'backoff' | 'failed'
  /** Since it is so. */
  readonly age_ms: number
  /** Why, in words, or what its newest batch was; null where there is nothing to say. */
  readonly says: string | null
}

export type SiteView = {
  readonly site: string
  readonly state: 'up' | 'delayed' | 'down' | 'unknown'
  readonly lag_ms: number | null
  /** Since its last sign of life. */
  readonly silent_ms: number | null
  /** Partitions that speak, and how many the site has. */
  readonly heard: number
  readonly of: number
  readonly rows: number
  readonly cells: number
  readonly simulated: boolean
  /** Null: panes of it are made by Nocturne itself, or nothing is known of it here. */
  readonly engine: EngineView | null
}

/** Rows that wait on this server's disk for brokers. */
export type SpoolView = {
  readonly rows: number
  readonly bytes: number
  /** Since the oldest of them was spooled. */
  readonly age_ms: number
  /** There is no room left: rows are refused. */
  readonly refusing: boolean
}

/** The store answers nothing: what happened waits in the log, and alerts go on (D6). */
export type StoreView = {
  /** Of the error catalogue. */
  readonly code: string
  /** The same in words. */
  readonly says: string
  readonly age_ms: number
}

/** What people have to know of the log that everything goes through, and of the store. */
export type LogView = {
  /** Null: nothing waits. */
  readonly spool: SpoolView | null
  /** Which partitions have one copy alone, in words; null: none. */
  readonly one_copy: string | null
  /** Null: it is up. */
  readonly store: StoreView | null
}

/** Once a second: one strip a site, and what the newest windows over all sites lack. */
export type Sites = {
  readonly now: number
  readonly sites: readonly SiteView[]
  readonly missing: readonly string[]
  readonly log: LogView
}

/** Everything that first paint needs (U19). */
export type Snapshot = {
  /** Frames up to this seq are folded in. */
  readonly as_of: number
  readonly steps_seq: number
  readonly roster: Roster
  readonly cells: Cells
  readonly alerts: readonly AlertView[]
  readonly sites: Sites
  readonly recent: readonly StepNews[]
}

/** The client forgets all it knew; a snapshot follows. */
export type Reset = { readonly why: 'start' | 'epoch' | 'ring' | 'overflow' | 'restored' }

/** The server ends the feed; the client comes back by itself. */
export type Bye = { readonly why: 'stopping' }

/** Event name to payload of `GET /api/live`; an event's id is `epoch.seq`. */
export type LiveEvents = {
  readonly hello: Hello
  readonly reset: Reset
  readonly snapshot: Snapshot
  readonly roster: Roster
  readonly cells: Cells
  readonly steps: Steps
  readonly sites: Sites
  readonly bye: Bye
}

/** Body of `POST /api/ack`; the id is the client's, so that a repeat is one command (A50). */
export type AckRequest = {
  readonly id: string
  readonly target: string
  readonly by: string
  readonly kind?: 'ack' | 'unack'
  readonly until?: number | null
  readonly comment?: string
}

export type AckAnswer = { readonly id: string; readonly state: 'requested' }

/** One line of one stream: a monitor's windows for one group. */
export type LineView = {
  readonly monitor: string
  readonly scope: string
  readonly group: Readonly<Record<string, string>>
  readonly names: readonly string[]
  /** The values that rules judge, first in `names`. */
  readonly thresholds: readonly ThresholdView[]
  readonly hop_ms: number
  readonly age_ms: number | null
  readonly complete: boolean
  readonly rows: number
  readonly values: Readonly<Record<string, number>>
}

export type ThresholdView = {
  readonly name: string
  readonly value: number
  readonly op: '<' | '<=' | '>' | '>='
  readonly level: AlertLevel
  readonly alert: string
}

/** Answer of `GET /api/stream`: what is known of one stream in one scope. */
export type StreamView = {
  readonly now: number
  readonly stream: string
  readonly scope: string
  readonly simulated: boolean
  readonly lines: readonly LineView[]
  readonly alerts: readonly AlertView[]
  /** Newest first, of the last hour. */
  readonly steps: readonly StepNews[]
}

/** How fine results are: each window, or one row a minute or an hour (T6). */
export type TierName = 'live' | 'minute' | 'hour'

/** Results of one tier within a series: from this end on, until the next part begins. */
export type SeriesPartView = {
  readonly tier: TierName
  readonly step_ms: number
  readonly from: number
}

/** Answer of `GET /api/series`, by columns, oldest first, at most as many points as asked for. */
export type SeriesView = {
  readonly now: number
  readonly from: number
  readonly to: number
  /** The coarsest tier that is fine enough, and its step. */
  readonly tier: TierName
  readonly hop_ms: number
  /** Where its rows end, finer ones follow: sums there are of a shorter time. */
  readonly parts: readonly SeriesPartView[]
  /** Ask again with this `cursor` for the rest; null where this is all. */
  readonly next: number | null
  /** With `merge=1`: the result over all rows together; null where none has states. */
  readonly merged?: Readonly<Record<string, number>> | null
  readonly ends: readonly number[]
  readonly complete: readonly boolean[]
  readonly values: Readonly<Record<string, readonly (number | null)[]>>
}

/** Answer of `GET /api/group`: one group in all monitors that group by the same labels. */
export type GroupView = {
  readonly now: number
  readonly scope: string
  readonly group: Readonly<Record<string, string>>
  readonly lines: readonly (SeriesView & { readonly monitor: string })[]
  /** Monitors that group alike and did not fit. */
  readonly hidden: number
}

/** Answer of `GET /api/history`: steps newest first, each followed by what was told of it. */
export type HistoryView = {
  readonly now: number
  readonly from: number
  readonly to: number
  /** As they lie in `transitions`: docs/store.md. */
  readonly records: readonly object[]
  /** Ask again with this `cursor` for the rest; null where this is all. */
  readonly next: string | null
}

/** What is known of one site in one minute; `lag_ms` null: nothing came. */
export type SiteMinuteView = {
  readonly at: number
  readonly expected: number
  readonly reported: number
  readonly rows: number
  readonly late: number
  readonly rejected: number
  readonly lag_ms: number | null
}

/** Answer of `GET /api/coverage`, oldest first. */
export type CoverageView = {
  readonly now: number
  readonly site: string
  readonly from: number
  readonly to: number
  readonly minutes: readonly SiteMinuteView[]
  /** Of the minutes of this answer: over, known of, and those in which all sources reported. */
  readonly over: number
  readonly known: number
  readonly whole: number
  readonly next: number | null
}

/** Answer of `GET /api/alerts`. */
export type AlertsView = {
  readonly now: number
  readonly feed: FeedState
  readonly alerts: readonly AlertView[]
}

/** Where one group stands in one partition. */
export type LagLine = {
  readonly group: string
  readonly topic: string
  readonly partition: number
  /** Where a restart begins; null where nothing was committed yet. */
  readonly position: number | null
  /** How far the running reader is beyond that; null where none runs here. */
  readonly read: number | null
  /** What the log holds: the first row that is there, and the next one to come. */
  readonly start: number
  readonly end: number
  /** Rows that are still to be read, and how old the oldest of them is; null is unknown. */
  readonly rows: number
  readonly ms: number | null
  /** Rows that expired before they were read. */
  readonly gone: number
}

export type GapView = {
  readonly reader: string
  readonly topic: string
  readonly partition: number
  readonly reason: 'expired' | 'lost'
  readonly from: number
  readonly to: number
  readonly from_at: number | null
  readonly to_at: number | null
}

/** Answer of `GET /api/v1/lag`. */
export type LagView = {
  readonly now: number
  readonly lines: readonly LagLine[]
  readonly total: { readonly rows: number; readonly ms: number | null }
  /** Rows that readers never got since the program began, newest first. */
  readonly gaps: readonly GapView[]
}

/** Every refusal's body: `code` is of the error catalogue. */
export type ErrorAnswer = {
  readonly error: { readonly code: string; readonly message: string; readonly advice: string }
}
