/** Where notices go: a webhook, Alertmanagers that keep the state, or the operator's terminal. */
export type ReceiverSpec = {
  readonly name: string
  readonly kind: 'webhook' | 'alertmanager' | 'terminal'
  /** A webhook has one, an Alertmanager every instance's base, a terminal none. */
  readonly urls: readonly string[]
  /** Whether it hears of ends (A62). */
  readonly sendResolved: boolean
  /** How often an Alertmanager hears again of what is open. */
  readonly resendMs: number
  /** The most alerts that one notice shows; the rest are counted (A61). */
  readonly alertsMax: number
}

/** One matcher over labels, as Alertmanager's: regexes are anchored, a missing label is empty. */
export type LabelMatcher = {
  readonly name: string
  readonly op: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

/** One node of the route tree with all that it inherits filled in; the root matches everything. */
export type RouteSpec = {
  readonly receiver: string
  readonly matchers: readonly LabelMatcher[]
  /** Labels that make a group; empty: one group for all; absent: by topology (A63). */
  readonly groupBy?: readonly string[] | undefined
  /** At least 1 ms, so that a group never closes in the instant that it opened (A61). */
  readonly groupWaitMs: number
  readonly groupIntervalMs: number
  readonly repeatMs: number
  /** Whether siblings after this one are tried although it matched. */
  readonly continue: boolean
  readonly routes: readonly RouteSpec[]
}

/** All that `notify` is told: plain data, made by `config/`. */
export type NotifySpec = {
  readonly receivers: readonly ReceiverSpec[]
  readonly route: RouteSpec
  /** Where people reach this Nocturne, without a slash at the end; links are made from it. */
  readonly externalUrl: string
}
