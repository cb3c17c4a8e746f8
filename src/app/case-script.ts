/** Values of one row or of one expectation by name. */
export type CaseFields = Readonly<Record<string, string | number | boolean>>

/** What a number must be: exactly this, or within 1 % (P4). */
export type CaseValue = { readonly value: number; readonly isApproximate: boolean }

/** One thing that a case does, or expects, at one moment. All instants are epoch ms. */
export type CaseAction =
  | { readonly kind: 'row'; readonly row: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'heartbeat'
      readonly ts: number
      readonly site?: string
      /** Absent: all. */
      readonly partition?: number
    }
  | { readonly kind: 'wait' }
  | {
      /** What the past of a group was, from here on. */
      readonly kind: 'past'
      readonly monitor: string
      /** The text of the term. */
      readonly term: string
      readonly number: number | null
      /** Group fields, `scope`. */
      readonly fields: CaseFields
    }
  | {
      readonly kind: 'window'
      readonly monitor: string
      readonly end: number
      /** False where none may be there. */
      readonly isThere: boolean
      /** Group fields, `scope`, `complete`, `corrected`. */
      readonly fields: CaseFields
      /** Aggregates, values, and `rows`. */
      readonly values: Readonly<Record<string, CaseValue>>
    }
  | {
      readonly kind: 'transition'
      readonly alert: string
      readonly step: string
      readonly at?: number
      /** `level`, `reason`, or a label. */
      readonly fields: CaseFields
    }
  | { readonly kind: 'no-transition' }
  | { readonly kind: 'counts'; readonly counts: Readonly<Record<string, number>> }

/** One line of a case. */
export type CaseStatement = {
  /** In its file, from 1. */
  readonly line: number
  /** As written. */
  readonly text: string
  /** The clock of the case when it happens, epoch ms; it never steps back. */
  readonly at: number
  readonly action: CaseAction
}

/** A whole case: what happens, in order. */
export type CaseScript = {
  readonly startAt: number
  readonly partitions: number
  /** Whether the wall's time is judged too: silent sites, early results. */
  readonly isLive: boolean
  readonly statements: readonly CaseStatement[]
}

/** One difference between what a line expects and what came; texts as people write them. */
export type CaseDifference = {
  readonly name: string
  readonly expected: string
  readonly got: string
}

/** A line whose expectation was not met. */
export type CaseFailure = {
  readonly line: number
  readonly text: string
  readonly differences: readonly CaseDifference[]
}
