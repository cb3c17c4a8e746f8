import type { AlertLevel, StateCode } from '../../src/serve/contract.ts'

export type Shape =
  | 'dot'
  | 'triangle-hollow'
  | 'square'
  | 'triangle'
  | 'octagon'
  | 'circle-crossed'
  | 'hatch'
  | 'line'

/** How a state is told apart without its colour (U5). `rank` 0 is the worst. */
export type StateLook = {
  readonly name: string
  readonly word: string
  readonly shape: Shape
  readonly rank: number
}

/** Total by type: a new state does not compile until it has a look. */
export const stateLook: Readonly<Record<StateCode, StateLook>> = {
  c: { name: 'critical', word: 'critical', shape: 'octagon', rank: 0 },
  n: { name: 'nodata', word: 'no data', shape: 'circle-crossed', rank: 1 },
  w: { name: 'warning', word: 'warning', shape: 'triangle', rank: 2 },
  i: { name: 'info', word: 'info', shape: 'square', rank: 3 },
  s: { name: 'starting', word: 'starting', shape: 'triangle-hollow', rank: 4 },
  r: { name: 'clearing', word: 'clearing', shape: 'triangle-hollow', rank: 5 },
  d: { name: 'dark', word: 'site dark', shape: 'hatch', rank: 6 },
  l: { name: 'late', word: 'late', shape: 'hatch', rank: 7 },
  m: { name: 'incomplete', word: 'incomplete', shape: 'hatch', rank: 8 },
  o: { name: 'old', word: 'old', shape: 'hatch', rank: 9 },
  u: { name: 'unknown', word: 'unknown', shape: 'hatch', rank: 10 },
  e: { name: 'ended', word: 'ended', shape: 'line', rank: 11 },
  h: { name: 'healthy', word: 'healthy', shape: 'dot', rank: 12 },
}

/** The shape of an alert's level. */
export const levelShape: Readonly<Record<AlertLevel, Shape>> = {
  info: 'square',
  warning: 'triangle',
  critical: 'octagon',
}
