/** One window of one group (formats.md 2), as it lies in the `windows` log. */
export type WindowResult = {
  readonly v: 1
  /** scope|monitor|group|end (V4). */
  readonly id: string
  /** A site, or `all`. */
  readonly scope: string
  readonly monitor: string
  readonly definition: string
  readonly group: Readonly<Record<string, string>>
  readonly start: number
  readonly end: number
  /** Σ pane rev × 4096 + 2 × closed sources + (closed ? 1 : 0). */
  readonly rev: number
  readonly closed: boolean
  readonly rows: number
  /** By name; an undefined value (0/0, a quantile of nothing) is absent. */
  readonly values: Readonly<Record<string, number>>
  /** Standard errors by name, where rows were a sample (S5); a name without one: not known. */
  readonly stderr?: Readonly<Record<string, number>>
  readonly sources: {
    readonly expected: number
    readonly reported: number
    readonly missing: readonly string[]
    /** Of scope `all` where there are several sites: how many, and how many said anything. */
    readonly sites?: { readonly expected: number; readonly reported: number }
  }
  readonly complete: boolean
  readonly corrected: boolean
  readonly receipt: {
    readonly event: number | null
    readonly read: number | null
    readonly pane: number | null
    readonly closed: number | null
  }
}
