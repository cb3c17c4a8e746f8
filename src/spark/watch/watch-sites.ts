import { sparkMemory } from './remembered.ts'
import { publishedMarks } from './published-marks.ts'
import { SharedPositions } from './shared-positions.ts'
import { SiteFigures } from './site-figures.ts'
import { SiteWatch, type SiteDeps } from './site-watch.ts'

export type SitesDeps = Omit<SiteDeps, 'positions'> & {
  /** By site; this writes it, and takes out again what is no longer watched here. */
  readonly figures: Map<string, SiteFigures>
}

/**
 * Watches the queries of all sites until the signal aborts; they go on when this ends.
 * @throws LOG_*: the caller begins anew.
 */
export async function watchSites(deps: SitesDeps, signal: AbortSignal): Promise<void> {
  const { log, spec, figures } = deps
  const { sites } = spec
  const remembered = await sparkMemory.sites(log)
  const published = await publishedMarks(log, new Set(sites))
  const positions = new SharedPositions(log, sites)
  const ended = new AbortController()
  const ending = AbortSignal.any([signal, ended.signal])
  const parts = sites.map((site) => {
    const own = new SiteFigures(site)
    figures.set(site, own)
    const marks = published.get(site) ?? new Map<number, number>()
    const start = { figures: own, remembered: remembered.get(site), published: marks }
    return new SiteWatch({ ...deps, positions }, start).run(ending)
  })
  try {
    await Promise.all(parts)
  } finally {
    ended.abort()
    await Promise.allSettled(parts)
    for (const site of sites) figures.delete(site)
  }
}
