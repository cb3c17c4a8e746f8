import { ageText } from './text/age-text.ts'
import { AlertCard } from './alert-card.tsx'
import { inOrder, isOpen } from './alert-order.ts'
import { CellGrid } from './cell-grid.tsx'
import { SiteStrips } from './site-strips.tsx'
import { stateLook } from './state-look.ts'
import type { WallContext } from './wall-context.ts'

/** Above this many cards the box takes half, and the grid counts the healthy (wall.md). */
const CARDS_OF_A_THIRD = 4
const CARDS_MAX = 12

/** How many cells are what, other than healthy, worst first: `3 incomplete · 1 old`. */
function doubts(states: string): string {
  const countByCode = new Map<string, number>()
  for (const code of states) countByCode.set(code, (countByCode.get(code) ?? 0) + 1)
  return Object.entries(stateLook)
    .filter(([code]) => code !== 'h' && countByCode.has(code))
    .map(([code, { word }]) => `${countByCode.get(code)} ${word}`)
    .join(' · ')
}

/** What an empty penalty box knows (U2). */
function QuietBox({ context: { state } }: { context: WallContext }) {
  const { cells, isStale } = state
  if (cells === undefined || isStale || cells.feed !== 'live') {
    return (
      <div class="quiet is-unknown">
        <h2>Unknown</h2>
        <p>No alert is known, which is not the same as none: the feed is not live.</p>
      </div>
    )
  }
  const total = cells.states.length
  const oldest = cells.ages_ms.reduce<number>((most, age) => Math.max(most, age ?? 0), 0)
  const isWhole = total > 0 && cells.heard === total && !cells.states.replaceAll('h', '')
  if (total === 0) {
    return (
      <div class="quiet is-unknown">
        <h2>Nothing heard yet</h2>
        <p>No stream has reported a whole window.</p>
      </div>
    )
  }
  return (
    <div class={isWhole ? 'quiet' : 'quiet is-unknown'}>
      <h2>{isWhole ? 'All quiet' : 'No alert, but not all is known'}</h2>
      <p>
        <b>
          {cells.heard} of {total}
        </b>{' '}
        streams heard{isWhole ? ` in the last ${ageText(Math.ceil(oldest / 1_000) * 1_000)}` : ''}
      </p>
      {!isWhole && <p>{doubts(cells.states)}</p>}
    </div>
  )
}

export function WallScreen({ context }: { context: WallContext }) {
  const open = inOrder([...context.state.alerts.values()].filter(isOpen))
  const isCrowded = open.length > CARDS_OF_A_THIRD
  return (
    <main class={isCrowded ? 'wall is-crowded' : 'wall'} id="main">
      <h1 class="unseen">Wall</h1>
      <section class="box" aria-label="Open alerts, worst first">
        {open.length === 0 && <QuietBox context={context} />}
        {open.slice(0, CARDS_MAX).map((alert) => (
          <AlertCard key={alert.episode} alert={alert} context={context} />
        ))}
        {open.length > CARDS_MAX && (
          <a class="more" href="/feed">
            {open.length - CARDS_MAX} more
          </a>
        )}
      </section>
      <CellGrid context={context} isCounting={isCrowded} />
      <SiteStrips context={context} />
    </main>
  )
}
