/** How long each log keeps what it has; −1 keeps for ever. */
export type Retention = { readonly ms: number; readonly bytes: number }

/** The logs of the house (architecture.md), each with why it is cut as it is. */
export type TopicName =
  | 'readings'
  | 'panes'
  | 'windows'
  | 'transitions'
  | 'notices'
  | 'commands'
  | 'late'
  | 'rejected'
  | 'checkpoints'

/** Shape of every topic but for its retention, which the configuration gives. */
export const topics: Readonly<
  Record<TopicName, { readonly shared: boolean; readonly cleanup: 'delete' | 'compact' }>
> = {
  readings: { shared: true, cleanup: 'delete' },
  panes: { shared: true, cleanup: 'delete' },
  windows: { shared: true, cleanup: 'delete' },
  transitions: { shared: true, cleanup: 'delete' },
  // One partition each: a plan's decisions and people's acts have one order.
  notices: { shared: false, cleanup: 'delete' },
  commands: { shared: false, cleanup: 'delete' },
  late: { shared: false, cleanup: 'delete' },
  rejected: { shared: false, cleanup: 'delete' },
  checkpoints: { shared: false, cleanup: 'compact' },
}
