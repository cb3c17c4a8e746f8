import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MonitorSpec } from '../../model/monitor.ts'
import type { Watermark } from '../../model/pane.ts'
import type { Step, StepName } from '../../model/step.ts'
import type { WindowResult } from '../../model/window-result.ts'
import { LiveView, type LiveViewOptions } from './live-view.ts'

const NOW = 1_795_383_200_000

const monitor: MonitorSpec = {
  id: 'loss',
  definition: 'd',
  groupBy: ['stream'],
  window: { sizeMs: 10_000, hopMs: 1_000, latenessMs: 2_000, emitMs: 0, correctionMs: 60_000 },
  aggregates: [
    { name: 'rows', kind: 'count', digits: 0 },
    { name: 'lost', kind: 'sum', digits: 0 },
  ],
  values: [],
  rules: [
    {
      id: 'loss/Loss',
      alert: 'Loss',
      monitor: 'loss',
      forMs: 0,
      clearForMs: 0,
      levels: [
        {
          severity: 'critical',
          when: {
            op: '>',
            left: { op: 'name', name: 'lost' },
            right: { op: 'number', value: 5 },
          },
        },
      ],
      absentSeverity: 'critical',
      empty: 'unknown',
      scopes: ['site'],
      early: false,
      freezeMaxMs: 300_000,
      instancesMax: 10,
      layer: 'transport',
      labels: {},
      annotations: {},
    },
  ],
  scopes: ['site'],
}

const windowOf = (over: Partial<WindowResult> = {}): WindowResult => ({
  v: 1,
  id: '',
  scope: 'ams1',
  monitor: 'loss',
  definition: 'd',
  group: { stream: 'arena-1' },
  start: NOW - 12_000,
  end: NOW - 2_000,
  rev: 1,
  closed: true,
  rows: 3,
  values: { lost: 1 },
  sources: { expected: 1, reported: 1, missing: [] },
  complete: true,
  corrected: false,
  receipt: { event: null, read: null, pane: null, closed: null },
  ...over,
})

const watermarkOf = (over: Partial<Watermark> = {}): Watermark => ({
  v: 1,
  site: 'ams1',
  partition: 0,
  of: 1,
  watermark: NOW - 500,
  rows: 9,
  late: 0,
  skewed: 0,
  rejected: 0,
  at: NOW,
  ...over,
})

const TO: Partial<Record<StepName, Step['to']>> = {
  firing: 'firing',
  pending: 'pending',
  recovering: 'recovering',
  acked: 'acked',
}

const stepOf = (seq: number, step: StepName, over: Partial<Step> = {}): Step => ({
  v: 1,
  id: `aaaaaaaaaaaaaaaa-1-${seq}`,
  fingerprint: 'aaaaaaaaaaaaaaaa',
  episode: 'aaaaaaaaaaaaaaaa-1',
  seq,
  kind: step === 'acked' || step === 'unacked' ? 'handling' : 'condition',
  step,
  alert: 'Loss',
  monitor: 'loss',
  rule: 'loss/Loss',
  labels: { alertname: 'Loss', stream: 'arena-1', site: 'ams1' },
  annotations: {},
  from: 'inactive',
  to: TO[step] ?? 'inactive',
  level: 'critical',
  at: NOW,
  reason: 'threshold',
  value: { lost: 9 },
  window: null,
  complete: true,
  corrected: false,
  active_at: NOW,
  fired_at: NOW,
  receipt: { event: null, appended: null, read: null, pane: null, closed: null, fired: NOW },
  ...over,
})

function liveView(options: Partial<LiveViewOptions> = {}): LiveView {
  const view = new LiveView({ monitors: [monitor], simulatedSites: ['lab'], ...options })
  view.feed = 'live'
  view.foldWatermark(watermarkOf(), NOW)
  return view
}

const picture = (view: LiveView, now = NOW): string => {
  const { cells } = view.pulse(now)
  return cells.states + cells.marks
}

test('[U2] a stream whose newest window is fresh and complete is healthy', () => {
  const view = liveView()
  view.foldWindows([windowOf()])

  assert.equal(picture(view), 'h0')
})

test('[U3] a cell hatches once its window is older than 3 hops + lateness', () => {
  const view = liveView()
  view.foldWindows([windowOf()])

  view.foldWatermark(watermarkOf({ watermark: NOW + 3_000 }), NOW + 3_000)
  assert.equal(picture(view, NOW + 3_000), 'h0')
  assert.equal(picture(view, NOW + 3_001), 'o1')
})

test('[U2] an open window, an empty one and one of an unknown monitor are no sign of life', () => {
  const view = liveView()
  view.foldWindows([
    windowOf({ closed: false }),
    windowOf({ rows: 0 }),
    windowOf({ monitor: 'forgotten' }),
  ])

  assert.equal(view.pulse(NOW).cells.states, '')
})

test('[V4] an older window or an equal revision does not replace what a cell shows', () => {
  const view = liveView()
  view.foldWindows([windowOf({ rev: 5, values: { lost: 7 } })])
  view.foldWindows([windowOf({ rev: 5, values: { lost: 1 } })])
  view.foldWindows([windowOf({ rev: 9, end: NOW - 3_000, values: { lost: 2 } })])

  assert.deepEqual(view.pulse(NOW).cells.values, [7])
  view.foldWindows([windowOf({ rev: 6, values: { lost: 3 }, corrected: true })])
  assert.deepEqual(view.pulse(NOW).cells.values, [3])
  assert.equal(view.pulse(NOW).cells.marks, '4')
})

test('[V2] an incomplete window is grey, and names what it lacks', () => {
  const view = liveView()
  const sources = { expected: 2, reported: 1, missing: ['lyon'] }
  view.foldWindows([windowOf({ complete: false, sources })])

  assert.equal(picture(view), 'm1')
  assert.deepEqual(view.pulse(NOW).sites.missing, ['lyon'])
})

test('[U2] nothing is healthy while alerts are restored or the log cannot be read', () => {
  const view = liveView()
  view.foldWindows([windowOf()])

  view.feed = 'restoring'
  assert.equal(picture(view), 'o1')
  view.feed = 'broken'
  assert.equal(picture(view), 'o1')
})

test('[A43] a site is late beyond 15 s, up again at half of it, dark after 30 s of silence', () => {
  const view = liveView()
  const stateAt = (now: number) => view.pulse(now).sites.sites[0]?.state

  assert.equal(stateAt(NOW + 14_000), 'up')
  assert.equal(stateAt(NOW + 15_000), 'delayed')
  view.foldWatermark(watermarkOf({ watermark: NOW + 6_000 }), NOW + 16_000)
  assert.equal(stateAt(NOW + 16_000), 'delayed')
  view.foldWatermark(watermarkOf({ watermark: NOW + 10_000 }), NOW + 16_500)
  assert.equal(stateAt(NOW + 16_500), 'up')
  assert.equal(stateAt(NOW + 46_500), 'down')
})

test('[U2] a cell of a dark site says so, and its alert stays', () => {
  const view = liveView()
  view.foldWindows([windowOf(), windowOf({ group: { stream: 'arena-2' } })])
  view.foldSteps([stepOf(1, 'firing')])

  const { cells } = view.pulse(NOW + 40_000)
  assert.equal(cells.states, 'cd')
  assert.equal(cells.marks, '11')
})

test('[A9] a repeated step changes nothing, and a closed episode does not open again by it', () => {
  const view = liveView()
  const firing = stepOf(1, 'firing')
  const resolved = stepOf(2, 'resolved')

  assert.equal(view.foldSteps([firing]).alerts.length, 1)
  assert.equal(view.foldSteps([firing]).steps.length, 0)
  assert.deepEqual(view.foldSteps([resolved]).closed, ['aaaaaaaaaaaaaaaa-1'])
  assert.deepEqual(view.foldSteps([firing, resolved]), { steps: [], alerts: [], closed: [] })
  assert.equal(view.alerts.length, 0)
})

test('[A46] an acknowledged episode shows its owner, until it is released', () => {
  const view = liveView()
  view.foldSteps([stepOf(1, 'firing'), stepOf(2, 'acked', { by: 'maria', comment: 'mine' })])

  assert.deepEqual(view.alerts[0]?.ack, { by: 'maria', at: NOW, until: null, comment: 'mine' })
  assert.equal(picture(view), 'c3')
  view.foldSteps([stepOf(3, 'unacked', { by: 'maria' })])
  assert.equal(view.alerts[0]?.ack, null)
})

test('[A67] what each receiver was told last stands beside the alert', () => {
  const view = liveView()
  const told = (attempt: number, outcome: 'gave_up' | 'sent') => ({
    v: 1 as const,
    kind: 'notice' as const,
    of: 'aaaaaaaaaaaaaaaa-1-1',
    fingerprint: 'aaaaaaaaaaaaaaaa',
    receiver: 'noc',
    outcome,
    attempt,
    sent: NOW + attempt,
    key: 'g',
    seq: 1,
  })
  view.foldSteps([stepOf(1, 'firing'), told(1, 'gave_up'), told(2, 'sent')])

  assert.deepEqual(view.alerts[0]?.told, [{ receiver: 'noc', outcome: 'sent', at: NOW + 2 }])
})

test('[U2] an alert about silence is shown as no data, and a starting one as starting', () => {
  const view = liveView()
  view.foldSteps([stepOf(1, 'pending')])
  assert.equal(picture(view)[0], 's')

  view.foldSteps([stepOf(2, 'firing', { reason: 'absent' })])
  assert.equal(picture(view)[0], 'n')
})

test('[D5] cells beyond the bound are counted once each and not shown', () => {
  const view = liveView({ cellsMax: 2 })
  const windows = ['a', 'b', 'c'].map((stream) => windowOf({ group: { stream } }))
  view.foldWindows([...windows, ...windows])

  const { cells } = view.pulse(NOW)
  assert.equal(cells.states, 'hh')
  assert.equal(cells.hidden, 1)
})

test('[A45] a stream unheard for an hour is forgotten unless an alert of it is open', () => {
  const view = liveView()
  view.foldWindows([windowOf(), windowOf({ group: { stream: 'gone' } })])
  view.foldSteps([stepOf(1, 'firing')])

  const { roster } = view.pulse(NOW + 3_700_000)
  assert.deepEqual(roster?.streams, ['arena-1'])
})

test('an alert shows first what its rule judges; cells stand as people count', () => {
  const view = liveView()
  const { alerts } = view.foldSteps([stepOf(1, 'firing', { value: { rows: 3, lost: 9 } })])
  view.foldWindows(['a-10', 'a-2'].map((stream) => windowOf({ group: { stream } })))

  assert.deepEqual(Object.keys(alerts[0]?.value ?? {}), ['lost', 'rows'])
  assert.deepEqual(view.pulse(NOW).roster?.streams, ['a-2', 'a-10', 'arena-1'])
})

test('the roster comes along only when cells come or go', () => {
  const view = liveView()
  view.foldWindows([windowOf()])

  assert.deepEqual(view.pulse(NOW).roster?.value_names, ['lost'])
  view.foldWindows([windowOf({ end: NOW - 1_000 })])
  assert.equal(view.pulse(NOW).roster, undefined)
})

test('[U20] what waits for brokers and what has one copy stands beside the sites', () => {
  const spool = { rows: 3, bytes: 400, age_ms: 2_000, refusing: false }
  const log = { spool, one_copy: 'one copy of readings/0', store: null }

  assert.deepEqual(liveView({ logView: () => log }).pulse(NOW).sites.log, log)
  assert.deepEqual(liveView().pulse(NOW).sites.log, {
    spool: null,
    one_copy: null,
    store: null,
  })
})

test('[U21] beside a site stands the query that makes its panes, be it heard or not', () => {
  const says = 'the cluster cannot be reached'
  const engines = new Map([
    ['ams1', { engine: 'spark', state: 'running', since: NOW - 60_000 }],
    ['lyo1', { engine: 'spark', state: 'offline', since: NOW - 5000, says }],
  ] as const)
  const view = liveView({ engines: () => engines })
  view.foldWatermark(watermarkOf(), NOW)
  view.foldWatermark(watermarkOf({ site: 'par1' }), NOW)

  const { sites } = view.pulse(NOW).sites

  assert.deepEqual(
    sites.map(({ site, state, engine }) => ({ site, state, engine })),
    [
      {
        site: 'ams1',
        state: 'up',
        engine: { name: 'spark', state: 'running', age_ms: 60_000, says: null },
      },
      {
        site: 'lyo1',
        state: 'unknown',
        engine: { name: 'spark', state: 'offline', age_ms: 5000, says },
      },
      { site: 'par1', state: 'up', engine: null },
    ],
  )
})
