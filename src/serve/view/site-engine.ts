import type { EngineView } from '../contract.ts'

/** The query of another engine that makes a site's panes, as its watcher has it. */
export type SiteEngine = {
  readonly engine: EngineView['name']
  readonly state: EngineView['state']
  /** Wall time since which it is in that state. */
  readonly since: number
  /** Why it does not run, in words of the error catalogue; else what its newest batch was. */
  readonly says?: string
}
