import type { EngineView, SiteView } from '../../src/serve/contract.ts'
import { ageText } from './text/age-text.ts'
import { engineNote } from './text/engine-note.ts'
import { logNotes } from './text/log-notes.ts'
import { plainText } from './text/plain-text.ts'
import { ShapeIcon } from './shape-icon.tsx'
import type { WallContext } from './wall-context.ts'

const WORD: Readonly<Record<SiteView['state'], string>> = {
  up: 'up',
  delayed: 'late',
  down: 'dark',
  unknown: 'unknown',
}

function lagText({ state, lag_ms, silent_ms }: SiteView): string {
  if (state === 'down') return silent_ms === null ? 'never heard' : `silent ${ageText(silent_ms)}`
  return lag_ms === null ? 'unknown' : `${(Math.max(0, lag_ms) / 1_000).toFixed(1)} s behind`
}

function Engine({ of }: { of: EngineView }) {
  const { word, more, isDue } = engineNote(of)
  return (
    <span class={isDue ? 'site-engine is-due' : 'site-engine'}>
      <span role="status">{word}</span>
      {more !== '' && ` ${more}`}
    </span>
  )
}

/** One strip a site: its state, how far behind it is, how much of it speaks. */
export function SiteStrips({ context: { state } }: { context: WallContext }) {
  const { sites, isStale } = state
  if (sites === undefined) return <section class="sites" aria-label="Sites" />
  const notes = isStale ? [] : logNotes(sites.log)
  return (
    <section class="sites" aria-label="Sites">
      {/* Read out when one comes; its figures change every second and are not. */}
      <div class="log-notes" role="status">
        {notes.map(({ label, text, isDue }) => (
          <p class={isDue ? 'counted is-due' : 'counted'} key={label}>
            <b>{label}</b>
            <span aria-live="off">: {text}</span>
          </p>
        ))}
      </div>
      {sites.sites.length === 0 && <p class="counted">No site has been heard yet.</p>}
      {sites.sites.map((site) => {
        const isUp = site.state === 'up' && !isStale
        const isWhole = site.heard === site.of
        return (
          <div class={`site is-${isStale ? 'unknown' : site.state}`} key={site.site}>
            <ShapeIcon shape={isUp ? 'dot' : 'hatch'} />
            <b>{plainText(site.site)}</b>
            <span class="site-word">{isStale ? 'unknown' : WORD[site.state]}</span>
            {site.simulated && <span class="badge badge-simulated">simulated</span>}
            <span class="site-lag">{isStale ? 'unknown' : lagText(site)}</span>
            <span class={isWhole ? '' : 'is-due'}>
              {site.heard} of {site.of} partitions
            </span>
            <span>{site.cells} streams</span>
            {site.engine !== null && !isStale && <Engine of={site.engine} />}
          </div>
        )
      })}
      {sites.missing.length > 0 && (
        <p class="counted is-due">windows lack {sites.missing.map(plainText).join(', ')}</p>
      )}
    </section>
  )
}
