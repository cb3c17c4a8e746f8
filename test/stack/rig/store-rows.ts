import type { StoreRows } from '../../../src/store/store.ts'
import { rollUp } from '../../../src/store/suite/tier-cases.suite.ts'
import {
  STARTED_AT,
  step,
  toldOf,
  windowResult,
} from '../../../src/store/suite/store-case.suite.ts'

const STREAMS = 40
const ENDS = 50
/** Of each window: as it closed, and two corrections. */
const REVISIONS = 3

/** Rows of every kind, each a write of its own; windows and roll-ups in several revisions. */
export function storeRows(): readonly StoreRows[] {
  const rows: StoreRows[] = []
  for (let i = 0; i < STREAMS * ENDS * REVISIONS; i++) {
    const [revision, stream] = [i % REVISIONS, `s${Math.floor(i / REVISIONS) % STREAMS}`]
    const second = Math.floor(i / REVISIONS / STREAMS)
    const changes = {
      ...{ stream, rev: (400 + revision) * 4_096 + 9, rows: 400 + revision },
      values: { loss: revision / 7, retrans: i },
      corrected: revision > 0,
    }
    rows.push({ windows: [windowResult({ ...changes, end: STARTED_AT + second * 1_000 })] })
    const end = STARTED_AT + second * 3_600_000
    const tier = second % 2 === 0 ? 'minute' : 'hour'
    rows.push({ rollUps: [rollUp({ ...changes, tier, end })] })
    const at = STARTED_AT + second * 60_000
    const site = { site: stream, at, rev: revision, expected: 4, reported: revision }
    rows.push({ coverage: [{ ...site, rows: i, late: 0, rejected: 0, lagMs: null }] })
    const fired = step({ fingerprint: `ad40c6e91ecec5${10 + (i % 30)}`, seq: i, at })
    const told = toldOf(fired, { attempt: 1 + revision, sent: at + revision })
    rows.push({ steps: [fired] }, { steps: [told] })
  }
  return rows
}
