import { ageText, clockText } from './age-text.ts'
import { isOpen } from './alert-order.ts'
import type { WallContext } from './wall-context.ts'

/** U3: beyond this the pipeline's picture is no longer of now. */
const LAG_MS_MAX = 15_000

const FEED_WORD = { live: 'live', restoring: 'restoring', broken: 'not reading' } as const

export function HeaderBar({
  context: { state, now },
  screen,
  onTheme,
  onHelp,
}: {
  context: WallContext
  screen: string
  onTheme: () => void
  onHelp: () => void
}) {
  const { cells, isStale } = state
  const open = [...state.alerts.values()].filter(isOpen)
  const unacked = open.filter(({ ack }) => ack === null).length
  const isSimulated = state.roster?.simulated.includes(true) === true
  const isLive = !isStale && cells?.feed === 'live'
  const lag = cells?.lag_ms ?? null
  const light = isStale ? 'no feed' : FEED_WORD[cells?.feed ?? 'restoring']
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
      <div class="pulse">
        <span class={isLive ? 'light is-live' : 'light is-dead'}>
          <i
            class={Math.floor(now / 1_000) % 2 === 0 ? 'beat' : 'beat is-off'}
            aria-hidden="true"
          />
          {light}
        </span>
        <span class={lag !== null && lag > LAG_MS_MAX ? 'lag is-due' : 'lag'}>
          lag {lag === null || isStale ? 'unknown' : `${(Math.max(0, lag) / 1_000).toFixed(1)} s`}
        </span>
      </div>
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

/** The band that says that the picture is not of now; absent while it is. */
export function StaleBand({ context: { state, now } }: { context: WallContext }) {
  const { cells, frameAt, isStale } = state
  const sinceMs = frameAt === undefined ? undefined : performance.now() - frameAt
  if (isStale) {
    return (
      <div class="band" role="alert">
        <strong>{frameAt === undefined ? 'Connecting' : 'No feed'}</strong>
        {sinceMs === undefined
          ? 'nothing has been heard yet'
          : `last picture ${ageText(sinceMs)} ago, at ${clockText(now - sinceMs)}; trying again`}
      </div>
    )
  }
  if (cells?.feed !== 'live') {
    const isBroken = cells?.feed === 'broken'
    return (
      <div class="band" role="alert">
        <strong>{isBroken ? 'Logs unreadable' : 'Restoring'}</strong>
        {isBroken
          ? 'the server cannot read its logs'
          : 'open alerts are being rebuilt from the log'}
      </div>
    )
  }
  const lag = cells.lag_ms
  const newestAge = cells.newest_at === null ? 0 : now - cells.newest_at
  if (newestAge <= LAG_MS_MAX) return <div class="band-place" role="alert" />
  return (
    <div class="band" role="alert">
      <strong>Behind</strong>
      the newest event is {ageText(newestAge)} old{lag === null ? '' : '; nothing here is of now'}
    </div>
  )
}
