import type { MonitorSpec, RuleSpec } from './monitor.ts'

type Asked = {
  readonly v: 1
  /** Made by the client (UUIDv7); the same id twice is one command (A50). */
  readonly id: string
  readonly at: number
  readonly by: string
}

/** What a person did to an alert. */
export type HandlingCommand = Asked & {
  readonly kind: 'ack' | 'unack'
  /** The episode. */
  readonly target: string
  readonly until: number | null
  readonly comment: string
}

/**
 * A monitor in another version (A75), checked and compiled to data by whoever asks, since those who
 * judge cannot read files. Its rules may be many, so they come in parts of one append.
 */
export type RulesCommand = Asked & {
  readonly kind: 'rules'
  /** The monitor's id. */
  readonly target: string
  /** FNV-1a-64 of the whole specification as JSON: equal ones change nothing. */
  readonly hash: string
  readonly part: number
  readonly parts: number
  /** Null: the monitor is gone. */
  readonly monitor: Omit<MonitorSpec, 'rules'> | null
  readonly rules: readonly RuleSpec[]
}

/** What somebody asked for (formats.md 2): one partition, so people's acts have one order. */
export type Command = HandlingCommand | RulesCommand
