import type { LiveEvents } from '../../src/serve/contract.ts'
import type { WallStore } from './wall-store.ts'

/** A frame comes every second; the band has to show within five (U3). */
const STALE_MS = 3_500
/** A feed that the browser gave up on is opened anew after this, spread over as much again. */
const REOPEN_MS = 1_000
/** U13: without a shared worker a tab that nobody sees holds no connection. */
const HIDDEN_MS = 60_000

/** Folds the events of one feed into the store; `begin` is asked for when a step was missed. */
function foldFeed(
  feed: EventSource,
  store: WallStore,
  { hear, begin }: { readonly hear: () => void; readonly begin: () => void },
): void {
  let stepsSeq = 0
  const on = <E extends keyof LiveEvents>(
    name: E,
    fold: (payload: LiveEvents[E], seq: number) => void,
  ): void =>
    feed.addEventListener(name, (event: MessageEvent<string>) => {
      hear()
      fold(JSON.parse(event.data) as LiveEvents[E], Number(event.lastEventId.split('.')[1]))
    })
  on('hello', ({ build, you }) => {
    // A newer wall is served: take it, on the same address (U4).
    if (store.state.build !== '' && store.state.build !== build) location.reload()
    store.set({ build, you })
  })
  on('snapshot', (snapshot) => {
    stepsSeq = snapshot.steps_seq
    store.foldSnapshot(snapshot)
  })
  on('roster', (roster) => store.foldRoster(roster))
  on('cells', (cells) => store.foldCells(cells))
  on('sites', (sites) => store.set({ sites }))
  on('steps', (steps, seq) => {
    if (steps.prev !== stepsSeq) return begin()
    stepsSeq = seq
    store.foldSteps(steps)
  })
}

/**
 * Keeps one `GET /api/live` open for as long as the page is looked at. Returns what ends it. The
 * browser resumes by `Last-Event-ID`; a gap in the steps, or a feed that stays silent, opens a new
 * one, which begins with a snapshot.
 */
export function keepLive(store: WallStore): () => void {
  let source: EventSource | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let reopening: ReturnType<typeof setTimeout> | undefined
  let hiding: ReturnType<typeof setTimeout> | undefined

  const goStale = (): void => {
    store.set({ isStale: true })
    // The socket may be half open: only a new connection can tell.
    reopening ??= setTimeout(open, REOPEN_MS + Math.random() * REOPEN_MS)
  }
  const hear = (): void => {
    clearTimeout(silence)
    silence = setTimeout(goStale, STALE_MS)
  }
  const close = (): void => {
    source?.close()
    source = undefined
    clearTimeout(silence)
    clearTimeout(reopening)
    reopening = undefined
  }
  function open(): void {
    close()
    hear()
    const feed = new EventSource('/api/live')
    source = feed
    foldFeed(feed, store, { hear, begin: open })
    feed.onerror = () => {
      if (feed.readyState === EventSource.CLOSED) goStale()
    }
  }
  const hide = (): void => {
    close()
    store.set({ isStale: true })
  }
  const onVisibility = (): void => {
    clearTimeout(hiding)
    if (document.hidden) hiding = setTimeout(hide, HIDDEN_MS)
    else if (source === undefined) open()
  }
  document.addEventListener('visibilitychange', onVisibility)
  open()
  return () => {
    document.removeEventListener('visibilitychange', onVisibility)
    close()
  }
}
