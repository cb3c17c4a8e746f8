import type { LogRecord } from '../log/log.ts'
import { encodeFact } from '../wire/fact-codec.ts'
import { paneKey } from '../wire/pane-codec.ts'
import { AT, pane } from './pane-rows.suite.ts'

/** What the past of the pane's group was. */
export const factRow = (): LogRecord => {
  const { monitor, definition, group } = pane()
  const fact = { v: 1, site: 'history', monitor, definition, scope: 'all', group } as const
  const value = encodeFact({ ...fact, facts: { 'base(x, 1h)': 1 }, at: AT, until: AT + 1000 })
  return { key: paneKey(monitor, group), value }
}
