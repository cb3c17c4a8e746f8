import type { Screen } from './screen-address.ts'
import { visit } from './screen-address.ts'

export type KeyActs = {
  readonly screen: () => Screen
  /** Acknowledges the episode, or the worst one that nobody has. */
  readonly ack: (episode: string | undefined) => void
  readonly theme: () => void
  readonly help: () => void
}

const items = (): readonly HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>('[data-key]'),
]

/** Focus is the selection: the browser keeps it on the element of an episode or a cell. */
function move(by: 1 | -1): void {
  const all = items()
  const at = all.findIndex((item) => item === document.activeElement)
  const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]
  next?.focus({ preventScroll: true })
  next?.scrollIntoView({ block: 'nearest' })
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select')

/** Listens for the wall's keys (U7); returns what stops it. */
export function listenKeys(acts: KeyActs): () => void {
  const openFocused = (): void => {
    const focused = document.activeElement
    if (!(focused instanceof HTMLElement) || focused.matches('a, button, summary')) return
    focused.querySelector<HTMLAnchorElement>('a.where')?.click()
  }
  const byKey: Readonly<Record<string, () => void>> = {
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: openFocused,
    a: () => acts.ack(document.activeElement?.getAttribute('data-key') ?? undefined),
    g: () => visit('/'),
    f: () => visit('/feed'),
    t: acts.theme,
    '?': acts.help,
    Escape: () => acts.screen().name !== 'wall' && visit('/'),
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    if (document.querySelector('dialog[open]') !== null) return
    const act = byKey[event.key]
    if (act === undefined) return
    // Enter on a link or a button stays the browser's; all else would scroll or type.
    if (event.key !== 'Enter') event.preventDefault()
    act()
  }
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}
