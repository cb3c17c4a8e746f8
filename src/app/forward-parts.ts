import type { Config, KafkaSpec } from '../config/config.ts'
import { admitPanes, admitSteps } from '../forward/admit-sites.ts'
import type { ForwardLink } from '../forward/forward-link.ts'
import { ForwardPace } from '../forward/forward-pace.ts'
import { newForwardProgress, type ForwardProgress } from '../forward/forward-progress.ts'
import { forwardPanes, forwardSteps } from '../forward/forward-site.ts'
import type { GroupSpec, Log } from '../log/log.ts'
import type { Clock } from '../std/clock.ts'
import { siteTopic } from '../model/topics.ts'
import type { ClaimReader } from './claim-reader.ts'
import type { OpenKafka } from './log/open-kafka.ts'
import { createSiteTopics } from './log/site-topics.ts'
import { superviseClaims, type Supervision } from './supervise.ts'

/** Open panes are shown every 200 ms: gathered this long they take half the bytes. */
const GATHER_MS = 800

/** How far the copies of either way have come, by the kind of record. */
export type ForwardsProgress = Readonly<Record<'panes' | 'transitions', ForwardProgress>>

export const newForwardsProgress = (): ForwardsProgress => ({
  panes: newForwardProgress(),
  transitions: newForwardProgress(),
})

export type ForwardDeps = {
  readonly log: Log
  readonly clock: Clock
  readonly config: Config
  readonly openTarget: OpenKafka
  readonly supervision: Supervision
  readonly progress: ForwardsProgress
  /** What this process knows of the cloud. */
  readonly link: ForwardLink
  /** Forward again from this time on, beside the position that is kept (R22). */
  readonly fromMs?: number
}

/** A loop of `forward`: to the cloud, or from one site. */
export type ForwardPart = {
  readonly name: string
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** What the configuration gives `forward` to do: nothing where it names no cloud and no sites. */
export function forwardParts(deps: ForwardDeps): readonly ForwardPart[] {
  const { forward, sites } = deps.config
  const parts = sites.map((site) => ({
    name: `admit/${site}`,
    run: (signal: AbortSignal) => admit(deps, site, signal),
  }))
  if (forward === undefined) return parts
  const { to, bytesPerSecondMax } = forward
  const pace = new ForwardPace(deps.clock, bytesPerSecondMax)
  return [...parts, { name: 'forward', run: (signal) => tell(deps, { to, pace }, signal) }]
}

/** The cloud may be away when we start: it is looked for until it is there. */
async function tell(
  deps: ForwardDeps,
  { to, pace }: { readonly to: KafkaSpec; readonly pace: ForwardPace },
  signal: AbortSignal,
): Promise<void> {
  const { clock, config, progress, link, fromMs } = deps
  const { site, absentMs } = config
  const target = await deps.openTarget(to)
  try {
    await createSiteTopics(target, site, config.log)
    const shared = { clock, site, target, pace, link, absentMs, gatherMs: GATHER_MS }
    const again = fromMs === undefined ? '' : `-from-${fromMs}`
    await Promise.all([
      readAll(deps, {
        ...{ topic: 'transitions', group: `forward-transitions${again}`, signal },
        read: (claim, log, gaps) =>
          forwardSteps({ ...shared, ...gaps, log, progress: progress.transitions }, claim),
      }),
      readAll(deps, {
        ...{ topic: 'panes', group: `forward-panes${again}`, signal },
        read: (claim, log, gaps) =>
          forwardPanes({ ...shared, ...gaps, log, progress: progress.panes }, claim),
      }),
    ])
  } finally {
    await target.close()
  }
}

async function admit(deps: ForwardDeps, site: string, signal: AbortSignal): Promise<void> {
  const { clock, config, progress } = deps
  await createSiteTopics(deps.log, site, config.log)
  await Promise.all([
    readAll(deps, {
      ...{ topic: siteTopic(site, 'transitions'), group: `admit-transitions-${site}`, signal },
      read: (claim, log, gaps) =>
        admitSteps({ ...gaps, clock, site, log, progress: progress.transitions }, claim),
    }),
    readAll(deps, {
      ...{ topic: siteTopic(site, 'panes'), group: `admit-panes-${site}`, signal },
      read: (claim, log, gaps) =>
        admitPanes({ ...gaps, clock, site, log, progress: progress.panes }, claim),
    }),
  ])
}

type Reading = {
  readonly topic: string
  readonly group: string
  readonly signal: AbortSignal
  readonly read: ClaimReader['read']
}

function readAll(deps: ForwardDeps, { topic, group, signal, read }: Reading): Promise<void> {
  const { log, supervision, fromMs } = deps
  const start: GroupSpec['start'] = fromMs === undefined ? 'earliest' : { atMs: fromMs }
  const spec = { topics: [topic], group, start, sessionMs: 10_000, rebalanceMs: 60_000 }
  return superviseClaims(supervision, { name: group, log, group: spec, signal }, read)
}
