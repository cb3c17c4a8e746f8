import type { Expression } from './expression.ts'

/** How rows of one slice become one state (P3). */
export type AggregateKind = 'count' | 'sum' | 'min' | 'max' | 'mean' | 'quantile' | 'distinct'

export type AggregateSpec = {
  readonly name: string
  readonly kind: AggregateKind
  /** The field aggregated; absent for a count of rows. */
  readonly field?: string
  /** Fraction digits of a sum (P3): 0 for counts and bytes, else 3 or as set. */
  readonly digits: number
  /** The rank asked of a quantile, in [0, 1]. */
  readonly q?: number
  /** Rows that this aggregate alone takes, beside the monitor's own `where`. */
  readonly where?: Expression
}

/** Durations in ms; `hopMs` divides `sizeMs` or not, the slice is their gcd (W4). */
export type WindowSpec = {
  readonly sizeMs: number
  readonly hopMs: number
  readonly latenessMs: number
  readonly emitMs: number
  readonly correctionMs: number
}

export type Severity = 'info' | 'warning' | 'critical'
/** One site's own windows, or the windows over all sites (V4). */
export type Scope = 'site' | 'all'

export type LevelSpec = {
  readonly severity: Severity
  readonly when: Expression
  /** Absent: not `when`. */
  readonly clear?: Expression
}

/** alerting.md 3. A rule without levels is judged by silence alone. */
export type RuleSpec = {
  /** `monitor/alert`. */
  readonly id: string
  readonly alert: string
  readonly monitor: string
  /** Up to three, rising. */
  readonly levels: readonly LevelSpec[]
  readonly gate?: Expression
  readonly forMs: number
  readonly of?: { readonly m: number; readonly n: number }
  readonly clearForMs: number
  readonly absentAfterMs?: number
  readonly absentSeverity: Severity
  readonly empty: 'unknown' | 'zero'
  readonly scopes: readonly Scope[]
  /** Whether open windows are tried (V3): decided on load from the expressions. */
  readonly early: boolean
  /** The end of a sampled estimate's 95 % interval that `when` reads (S6); absent: the estimate. */
  readonly bound?: 'lower' | 'upper'
  readonly freezeMaxMs: number
  readonly instancesMax: number
  readonly layer: 'transport' | 'delivery' | 'client' | 'platform'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly runbook?: string
}

export type MonitorSpec = {
  /** `[a-z0-9-]{1,64}`. */
  readonly id: string
  /** FNV-1a-64 over the normalised aggregates, where, group_by, window; 16 hex digits. */
  readonly definition: string
  readonly where?: Expression
  readonly groupBy: readonly string[]
  readonly window: WindowSpec
  readonly aggregates: readonly AggregateSpec[]
  readonly values: readonly { readonly name: string; readonly expression: Expression }[]
  readonly rules: readonly RuleSpec[]
  /** Every scope that some rule or the monitor itself needs; windows are made for each. */
  readonly scopes: readonly Scope[]
}
