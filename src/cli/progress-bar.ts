import { systemClock } from '../std/clock.ts'
import type { Terminal } from './terminal.ts'

/** How far a long work is; its worker writes it, the bar reads it. */
export type Progress = { readBytes: number; rows: number }

const REDRAW_MS = 200
const WIDTH = 30

/**
 * Draws a bar below the work until that settles, where a person watches; `bytesTotal` 0 is
 * unknown. Answers or throws what the work does.
 */
export async function withProgressBar<Result>(
  terminal: Terminal,
  watched: { readonly progress: Progress; readonly bytesTotal: number },
  work: Promise<Result>,
): Promise<Result> {
  if (!terminal.isWatched) return work
  const done = new AbortController()
  const drawing = drawUntil(terminal, watched, done.signal)
  try {
    return await work
  } finally {
    done.abort()
    await drawing
    terminal.draw('')
  }
}

async function drawUntil(
  terminal: Terminal,
  { progress, bytesTotal }: { readonly progress: Progress; readonly bytesTotal: number },
  signal: AbortSignal,
): Promise<void> {
  const startedAt = systemClock.now()
  while (!signal.aborted) {
    const seconds = (systemClock.now() - startedAt) / 1000
    terminal.draw(progressText({ ...progress, bytesTotal, seconds }))
    await systemClock.sleep(REDRAW_MS, signal)
  }
}

/** `[#####-----] 50 %  1,000 rows  250 rows/s`; without the bar where the total is unknown. */
export function progressText(
  at: Progress & { readonly bytesTotal: number; readonly seconds: number },
): string {
  const { readBytes, rows, bytesTotal, seconds } = at
  const speed = seconds > 0 ? `  ${Math.round(rows / seconds).toLocaleString('en')} rows/s` : ''
  const facts = `${rows.toLocaleString('en')} rows${speed}`
  if (bytesTotal === 0) return facts
  const share = Math.min(1, readBytes / bytesTotal)
  const filled = Math.floor(share * WIDTH)
  const bar = `${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}`
  return `[${bar}] ${Math.floor(share * 100)} %  ${facts}`
}
