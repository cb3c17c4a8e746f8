import type { EngineView } from '../../../src/serve/contract.ts'
import { ageText } from './age-text.ts'
import { plainText } from './plain-text.ts'

/** A query that begins may take this long: executors are started first. */
const STARTING_DUE_MS = 60_000

const WORD: Readonly<Record<EngineView['state'], string>> = {
  running: 'Spark',
  starting: 'Spark starting',
  offline: 'Spark not reached',
  backoff: 'Spark query ended, starts again',
  failed: 'Spark query failed',
}

/** What stands beside a site whose panes Spark makes; due: somebody has to look. */
export type EngineNote = { readonly word: string; readonly more: string; readonly isDue: boolean }

/** The engine's name and what it does while its query runs, else since when and why it does not. */
export function engineNote({ state, age_ms: ageMs, says }: EngineView): EngineNote {
  const word = WORD[state]
  const running = says === null ? '' : plainText(says)
  if (state === 'running') return { word, more: running, isDue: false }
  const why = says === null ? '' : `: ${plainText(says)}`
  const isDue = state !== 'starting' || ageMs >= STARTING_DUE_MS
  return { word, more: `${ageText(ageMs)}${why}`, isDue }
}
