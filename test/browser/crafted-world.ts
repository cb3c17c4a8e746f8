import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory/memory-log.ts'
import type { MonitorSpec, Severity } from '../../src/model/monitor.ts'
import type { Step } from '../../src/model/step.ts'
import type { WindowResult } from '../../src/model/window-result.ts'
import type { SiteEngine } from '../../src/serve/view/site-engine.ts'
import { createServer, type NocturneServer } from '../../src/serve/server.ts'
import type { WallFiles } from '../../src/serve/wall-files.ts'
import type { Clock } from '../../src/std/clock.ts'
import { fnv1a64 } from '../../src/std/hash.ts'
import { Lane } from '../../src/std/lane.ts'
import type { Store } from '../../src/store/store.ts'
import { openMemoryStore } from '../../src/store/memory/memory-store.ts'
import { encodeTransition, transitionKey } from '../../src/wire/step-codec.ts'
import { encodeWatermark } from '../../src/wire/watermark-codec.ts'
import { watermarkKey } from '../../src/wire/pane-codec.ts'
import { encodeWindow, windowFrame } from '../../src/wire/window-codec.ts'

/** The monitor that all crafted windows belong to. */
export const retransmits: MonitorSpec = {
  id: 'tcp-retransmits',
  definition: '8c1f000000000000',
  groupBy: ['stream'],
  window: { sizeMs: 10_000, hopMs: 1_000, latenessMs: 2_000, emitMs: 200, correctionMs: 60_000 },
  aggregates: [
    { name: 'retrans', kind: 'sum', field: 'retrans', digits: 0 },
    { name: 'rtt_ms', kind: 'mean', field: 'rtt_ms', digits: 3 },
  ],
  values: [],
  rules: [
    {
      id: 'tcp-retransmits/RetransmitsHigh',
      alert: 'RetransmitsHigh',
      monitor: 'tcp-retransmits',
      levels: [
        { severity: 'warning', when: above('retrans', 200) },
        { severity: 'critical', when: above('retrans', 400) },
      ],
      forMs: 0,
      clearForMs: 30_000,
      absentAfterMs: 15_000,
      absentSeverity: 'critical',
      empty: 'unknown',
      scopes: ['site'],
      early: true,
      freezeMaxMs: 300_000,
      instancesMax: 10_000,
      layer: 'transport',
      labels: { team: 'cdn' },
      annotations: { summary: '{{retrans}} retransmits' },
    },
  ],
  scopes: ['site'],
}

function above(name: string, value: number) {
  const left = { op: 'name', name } as const
  return { op: '>', left, right: { op: 'number', value } } as const
}

/** What one crafted window says. */
export type CraftedWindow = {
  readonly site: string
  readonly stream: string
  readonly end: number
  readonly retrans: number
  readonly complete?: boolean
}

export const craftWindow = (of: CraftedWindow): WindowResult => {
  const { site, stream, end, retrans, complete = true } = of
  return {
    v: 1,
    id: `${site}|tcp-retransmits|${JSON.stringify([stream])}|${end}`,
    scope: site,
    monitor: 'tcp-retransmits',
    definition: retransmits.definition,
    group: { stream },
    start: end - 10_000,
    end,
    rev: 4_097,
    closed: true,
    rows: 40,
    values: { retrans, rtt_ms: 18 + (retrans % 37) / 4 },
    sources: { expected: 2, reported: complete ? 2 : 1, missing: complete ? [] : [`${site}/1`] },
    complete,
    corrected: false,
    receipt: { event: end, read: end, pane: end, closed: end },
  }
}

/** What one crafted step says; all else follows from it. */
export type CraftedStep = {
  readonly site: string
  readonly stream: string
  readonly activeAt: number
  readonly seq: number
  readonly step: Step['step']
  readonly level?: Severity
  readonly summary?: string
  readonly reason?: Step['reason']
  readonly by?: string
  readonly comment?: string
  readonly at?: number
}

const TO: Readonly<Record<string, Step['to']>> = {
  pending: 'pending',
  firing: 'firing',
  raised: 'firing',
  lowered: 'firing',
  refiring: 'firing',
  recovering: 'recovering',
  resolved: 'inactive',
  dropped: 'inactive',
  acked: 'acked',
  unacked: 'unacked',
  nodata: 'nodata',
  fresh: 'fresh',
  cause: 'firing',
}

const kindOf = (step: Step['step']): Step['kind'] => {
  if (step === 'acked' || step === 'unacked') return 'handling'
  return step === 'nodata' || step === 'fresh' ? 'data' : 'condition'
}

export function craftStep(of: CraftedStep): Step {
  const { site, stream, activeAt, seq, step, level = 'critical', reason = 'threshold' } = of
  const fingerprint = fnv1a64(['RetransmitsHigh', site, stream])
  const episode = `${fingerprint}-${activeAt}`
  const summary = of.summary ?? `412 retransmits in 10 s on ${stream}`
  const at = of.at ?? activeAt
  return {
    v: 1,
    id: `${episode}-${seq}`,
    fingerprint,
    episode,
    seq,
    kind: kindOf(step),
    step,
    alert: 'RetransmitsHigh',
    monitor: 'tcp-retransmits',
    rule: 'tcp-retransmits/RetransmitsHigh',
    labels: { alertname: 'RetransmitsHigh', stream, site, severity: level, team: 'cdn' },
    annotations: { summary },
    from: 'inactive',
    to: TO[step] ?? 'firing',
    level,
    at,
    reason,
    value: { retrans: 412, rtt_ms: 31.5 },
    window: { end: at, rev: 4_097, early: false },
    complete: true,
    corrected: false,
    active_at: activeAt,
    fired_at: step === 'pending' ? null : activeAt,
    ...(of.by === undefined ? {} : { by: of.by }),
    ...(of.comment === undefined ? {} : { comment: of.comment }),
    receipt: { event: at, appended: at, read: at, pane: at, closed: at, fired: at },
  }
}

/** A server over memory adapters, and the hands that feed its logs. */
export type CraftedWorld = Awaited<ReturnType<typeof craftWorld>>

const TOPICS = ['windows', 'transitions', 'panes', 'commands'] as const

/** Starts nothing: `server.listen()` and `server.tail()` are the caller's. */
export async function craftWorld(options: {
  readonly clock: Clock
  readonly wallFiles: WallFiles
  readonly simulatedSites?: readonly string[]
  /** Any free one where absent. */
  readonly port?: number
  readonly epoch?: string
}) {
  const { clock, wallFiles, simulatedSites = [], port = 0, epoch = 'e1' } = options
  const log = openMemoryLog({ clock })
  const store = openMemoryStore({ clock })
  const keep = {
    partitions: 1,
    cleanup: 'delete',
    retentionMs: -1,
    retentionBytes: -1,
    durability: 'ack',
    recordBytesMax: 1_048_576,
  } as const
  for (const topic of TOPICS) await log.createTopic({ topic, ...keep })
  const counts = new Map<string, number>()
  const engines = new Map<string, SiteEngine>()
  const server: NocturneServer = createServer({
    log,
    store,
    clock,
    lane: new Lane(clock),
    wallFiles,
    monitors: [retransmits],
    epoch,
    jitter: () => 0,
    config: {
      host: '127.0.0.1',
      port,
      hosts: [],
      you: 'noc',
      build: 'b',
      simulatedSites,
      absentMs: 30_000,
    },
    metrics: { contentType: 'text/plain', metrics: async () => 'nocturne_up 1\n' },
    intake: async (body) => ({ status: 202, body: { accepted: body.length, rejected: [] } }),
    readiness: () => [],
    engines: () => engines,
    readTo: () => undefined,
    gaps: () => [],
    count: (what, reason) => {
      const name = `${what}:${reason}`
      counts.set(name, (counts.get(name) ?? 0) + 1)
    },
  })
  return { log, store, server, counts, engines, ...handsOf(log, store) }
}

/** What feeds the logs, and the store as `record` would. */
function handsOf(log: Log, store: Store) {
  return {
    async windows(list: readonly CraftedWindow[]): Promise<void> {
      const windows = list.map(craftWindow)
      await store.upsert({ windows })
      const rows = windows.map((window) => {
        const { group: named } = window
        const { key } = windowFrame({ ...window, group: Object.values(named), named })
        return { key, value: encodeWindow(window) }
      })
      await log.append('windows', rows)
    },
    async steps(list: readonly CraftedStep[]): Promise<readonly Step[]> {
      const steps = list.map(craftStep)
      await store.upsert({ steps })
      const rows = steps.map((step) => ({
        key: transitionKey(step),
        value: encodeTransition(step),
      }))
      await log.append('transitions', rows)
      return steps
    },
    async watermarks(sites: readonly string[], at: number): Promise<void> {
      const rows = sites.flatMap((site) =>
        [0, 1].map((partition) => ({
          key: watermarkKey(site, partition),
          partition: 0,
          value: encodeWatermark({
            v: 1,
            site,
            partition,
            of: 2,
            watermark: at,
            rows: 1_000,
            late: 0,
            skewed: 0,
            rejected: 0,
            at,
          }),
        })),
      )
      await log.append('panes', rows)
    },
  }
}
