import type { Pane } from '../model/pane.ts'
import { ByteWriter } from '../std/bytes.ts'
import { paneFormat, PaneWriter } from './pane-writer.ts'

// One writer for all panes: `take` copies, so nothing of one record reaches the next.
const writer = new ByteWriter()
const panes = new PaneWriter(writer)

/** The value of a pane's record; its key is `paneKey(monitor, group)`. */
export function encodePane(pane: Pane): Uint8Array {
  const { closed, spread, sampled, inexact, states } = pane
  const flags =
    (closed ? paneFormat.closed : 0) |
    (spread ? paneFormat.spread : 0) |
    (sampled ? paneFormat.sampled : 0) |
    (inexact ? paneFormat.inexact : 0)
  panes.frame(pane)
  panes.open({ ...pane, flags, stateCount: states.length })
  for (const state of states) {
    panes.openState(state)
    writer.raw(state.payload)
    panes.closeState()
  }
  return writer.take()
}
