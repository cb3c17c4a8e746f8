import { clockText } from './text/age-text.ts'
import { isOpen } from './alert-order.ts'
import type { WallContext } from './wall-context.ts'

/** U3: beyond this the pipeline's picture is no longer of now. */
const LAG_MS_MAX = 15_000

const FEED_WORD = { live: 'live', restoring: 'restoring', broken: 'not reading' } as const

/** Whether this is live, and how far the slowest live site is behind. */
function FeedLight({ context: { state, now } }: { context: WallContext }) {
  const { cells, isStale } = state
  const isLive = !isStale && cells?.feed === 'live'
  const lag = isStale ? null : (cells?.lag_ms ?? null)
  return (
    <div class="pulse">
      <span class={isLive ? 'light is-live' : 'light is-dead'}>
        <i class={Math.floor(now / 1_000) % 2 === 0 ? 'beat' : 'beat is-off'} aria-hidden="true" />
        {isStale ? 'no feed' : FEED_WORD[cells?.feed ?? 'restoring']}
      </span>
      <span class={lag !== null && lag > LAG_MS_MAX ? 'lag is-due' : 'lag'}>
        lag {lag === null ? 'unknown' : `${(Math.max(0, lag) / 1_000).toFixed(1)} s`}
      </span>
    </div>
  )
}

/** Above every screen: where one is, how many alerts there are, what can be believed. */
export function HeaderBar({
  context,
  screen,
  onTheme,
  onHelp,
}: {
  context: WallContext
  screen: string
  onTheme: () => void
  onHelp: () => void
}) {
  const { state } = context
  const { cells, isStale } = state
  const open = [...state.alerts.values()].filter(isOpen)
  const unacked = open.filter(({ ack }) => ack === null).length
  const isSimulated = state.roster?.simulated.includes(true) === true
  const isLive = !isStale && cells?.feed === 'live'
  return (
    <header class="bar">
      <a class="mark" href="/">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M21.5 4.5A12.5 12.5 0 1 0 28 22.2 10 10 0 0 1 21.5 4.5z" />
        </svg>
        <span>Nocturne</span>
      </a>
      <nav class="tabs" aria-label="Screens">
        <a href="/" aria-current={screen === 'wall' ? 'page' : undefined}>
          Wall
        </a>
        <a href="/feed" aria-current={screen === 'feed' ? 'page' : undefined}>
          Alerts
        </a>
      </nav>
      {isSimulated && <span class="badge badge-simulated">simulated</span>}
      <div class="tally">
        <span class={open.length > 0 ? 'tally-item is-some' : 'tally-item'}>
          <b>{open.length}</b> open
        </span>
        <span class={unacked > 0 ? 'tally-item is-due' : 'tally-item'}>
          <b>{unacked}</b> unacked
        </span>
      </div>
      <FeedLight context={context} />
      <time class={isLive ? 'clock' : 'clock is-past'} title="Newest event heard, UTC">
        {cells?.newest_at === null || cells === undefined ? '––:––:––' : clockText(cells.newest_at)}
        <small>UTC</small>
      </time>
      <div class="tools">
        <button type="button" class="tool" onClick={onTheme} aria-label="Light or dark (t)">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M8 2a6 6 0 1 0 0 12z" />
            <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.5" />
          </svg>
        </button>
        <button type="button" class="tool" onClick={onHelp} aria-label="Keys (?)">
          ?
        </button>
      </div>
    </header>
  )
}
