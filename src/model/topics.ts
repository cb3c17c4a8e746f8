/** How long each log keeps what it has; −1 keeps for ever. */
export type Retention = { readonly ms: number; readonly bytes: number }

/** The logs of the house (architecture.md), each with why it is cut as it is. */
export type TopicName =
  | 'readings'
  | 'panes'
  | 'windows'
  | 'rollups'
  | 'transitions'
  | 'notices'
  | 'commands'
  | 'late'
  | 'rejected'
  | 'checkpoints'

/** What of a site the cloud has topics for. */
export type SiteTopicName = 'panes' | 'transitions'

/** The topic of the cloud's log into which one site forwards, and no other (R21). */
export const siteTopic = (site: string, name: SiteTopicName): string => `site.${site}.${name}`

/** The site that a source belongs to: feeds are named `ams1/cloudfront`. */
export function siteOf(source: string): string {
  const slash = source.indexOf('/')
  return slash < 0 ? source : source.slice(0, slash)
}

/** Shape of every topic but for its retention, which the configuration gives. */
export const topics: Readonly<
  Record<TopicName, { readonly shared: boolean; readonly cleanup: 'delete' | 'compact' }>
> = {
  readings: { shared: true, cleanup: 'delete' },
  panes: { shared: true, cleanup: 'delete' },
  windows: { shared: true, cleanup: 'delete' },
  rollups: { shared: true, cleanup: 'delete' },
  transitions: { shared: true, cleanup: 'delete' },
  // One partition each: a plan's decisions and people's acts have one order.
  notices: { shared: false, cleanup: 'delete' },
  commands: { shared: false, cleanup: 'delete' },
  late: { shared: false, cleanup: 'delete' },
  rejected: { shared: false, cleanup: 'delete' },
  checkpoints: { shared: false, cleanup: 'compact' },
}
