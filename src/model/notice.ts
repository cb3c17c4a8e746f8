import type { Step } from './step.ts'

/** Why a notice was planned (A62, stage 8). */
export type NoticeReason =
  'first' | 'new_alerts' | 'raised' | 'some_resolved' | 'all_resolved' | 'repeat' | 'unacked'

/** One alert as a notice shows it: its newest step. */
export type NoticeAlert = {
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Epoch ms, event time; `ends_at` is null while it fires. */
  readonly starts_at: number
  readonly ends_at: number | null
  readonly fingerprint: string
  readonly episode: string
  readonly seq: number
  readonly receipt: Step['receipt']
}

/** One planned notice for one receiver, as it lies in `notices`: the outbox (A61). */
export type Notice = {
  readonly v: 1
  /** `g` + FNV-1a-64 of receiver and group + `-` + ms when the group opened. */
  readonly key: string
  /** Number of this notice within its key, from 1. */
  readonly seq: number
  readonly epoch: number
  readonly receiver: string
  readonly reason: NoticeReason
  readonly group: Readonly<Record<string, string>>
  /** Ids of every step it covers, at most 5,000. */
  readonly steps: readonly string[]
  readonly alerts: readonly NoticeAlert[]
  readonly truncated: number
  readonly planned_at: number
}

/** A new plan owner's first record in `notices` (A61). */
export type PlanEpoch = { readonly v: 1; readonly epoch: number; readonly at: number }
