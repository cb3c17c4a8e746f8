import type { Severity } from './monitor.ts'

/** Where one alert stands (alerting.md 5). */
export type Condition = 'inactive' | 'pending' | 'firing' | 'recovering'
export type DataState = 'fresh' | 'nodata' | 'error' | 'ended'
export type Handling = 'unacked' | 'acked'

export type StepName =
  | 'pending'
  | 'firing'
  | 'dropped'
  | 'raised'
  | 'lowered'
  | 'cause'
  | 'recovering'
  | 'refiring'
  | 'resolved'
  | 'nodata'
  | 'fresh'
  | 'acked'
  | 'unacked'

export type StepReason =
  | 'threshold'
  | 'absent'
  | 'ok'
  | 'not_held'
  | 'unknown_too_long'
  | 'rule_removed'
  | 'rows'
  | 'by'
  | 'expired'
  | 'raised'
  | 'site_down'
  | 'site_back'

/** One step of one alert's life, as it lies in `transitions` (formats.md 2, alerting.md 11). */
export type Step = {
  readonly v: 1
  /** episode-seq. */
  readonly id: string
  readonly fingerprint: string
  /** fingerprint-activeAt: the receivers' dedup key (A12). */
  readonly episode: string
  readonly seq: number
  readonly kind: 'condition' | 'data' | 'handling'
  readonly step: StepName
  readonly alert: string
  readonly monitor: string
  readonly rule: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly from: Condition | DataState | Handling
  readonly to: Condition | DataState | Handling
  readonly level: Severity
  /** Event time of the deciding tick (T); for handling, `now` of alerting.md A8. */
  readonly at: number
  readonly reason: StepReason
  readonly value: Readonly<Record<string, number>>
  /** Standard errors of values that are estimates (S5); absent where all rows were there. */
  readonly stderr?: Readonly<Record<string, number>>
  readonly window: { readonly end: number; readonly rev: number; readonly early: boolean } | null
  readonly complete: boolean
  readonly corrected: boolean
  /** When the episode became active and fired, event time; null where it has not. */
  readonly active_at: number | null
  readonly fired_at: number | null
  /** Who acted, on handling steps. */
  readonly by?: string
  readonly comment?: string
  readonly until?: number | null
  /**
   * Where the time went, epoch ms: event time of the newest row that decided it, when that was
   * appended to `readings`, read, shown in a pane; when its window closed (null if early) and the
   * rule fired (A71).
   */
  readonly receipt: {
    readonly event: number | null
    readonly appended: number | null
    readonly read: number | null
    readonly pane: number | null
    readonly closed: number | null
    readonly fired: number
    /** When it came into the cloud's log, where it was forwarded there. */
    readonly forwarded?: number
  }
}

/** The record beside a step that says it reached a receiver, or why not (A67). */
export type Told = {
  readonly v: 1
  readonly kind: 'notice'
  /** Id of the step. */
  readonly of: string
  readonly fingerprint: string
  readonly receiver: string
  readonly outcome: 'sent' | 'refused' | 'gave_up' | 'collapsed'
  readonly attempt: number
  readonly sent: number
  /** Key and seq of the notice that carried it (A61). */
  readonly key: string
  readonly seq: number
  /** The site that told it, where it was forwarded from there (R21). */
  readonly site?: string
}
