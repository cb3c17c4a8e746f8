import { isOpen } from './alert-order.ts'
import { clockText } from './text/age-text.ts'
import type { WallState } from './wall-store.ts'

const FILLS = {
  stale: '%236b7685',
  critical: '%23d92d3a',
  warning: '%23e8a317',
  info: '%233b82c4',
  quiet: '%232f8f5b',
}

/** Title and icon carry state and time, so that a frozen tab is known as one (U4). */
export function showTitle(state: WallState, now: number): void {
  const open = [...state.alerts.values()].filter(isOpen)
  const levels = new Set(open.map(({ level }) => level))
  const worst = (['critical', 'warning', 'info'] as const).find((level) => levels.has(level))
  const isKnown = !state.isStale && state.cells?.feed === 'live'
  const words = isKnown ? (open.length > 0 ? `${open.length} open` : 'quiet') : 'no feed'
  document.title = `${words} · ${now === 0 ? '--:--:--' : clockText(now)} · Nocturne`
  const fill = FILLS[isKnown ? (worst ?? 'quiet') : 'stale']
  const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
  const circle = `<circle cx="8" cy="8" r="7" fill="${fill}"/>`
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${circle}</svg>`
  const href = `data:image/svg+xml,${drawing}`
  if (icon !== null && icon.getAttribute('href') !== href) icon.setAttribute('href', href)
}
