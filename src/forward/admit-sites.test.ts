import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claim, Log } from '../log/log.ts'
import type { Step, Told } from '../model/step.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import { decodeTransition, encodeTransition } from '../wire/step-codec.ts'
import { admitPanes, admitSteps } from './admit-sites.ts'
import { newForwardProgress } from './forward-progress.ts'
import { recordsOf, runToEnd, twoLogs } from './forward-rig.suite.ts'
import { factRow } from './fact-row.suite.ts'
import { AT, pane, paneRow, storyOf, watermarkRow } from './pane-rows.suite.ts'

type Logs = Awaited<ReturnType<typeof twoLogs>>

async function admitted(logs: Logs, name: 'panes' | 'transitions') {
  const { clock, there: log } = logs
  const deps = { log, clock, progress: newForwardProgress(), site: 'ams1' }
  const reader = name === 'panes' ? admitPanes : admitSteps
  const read = (claim: Claim) => reader(deps, claim)
  await runToEnd({ log, topic: `site.ams1.${name}`, group: `admit-${name}`, read })
  return deps.progress
}

const rejectedIn = async (log: Log): Promise<readonly string[]> =>
  (await recordsOf(log, 'rejected')).map(({ value }) => {
    const { source, reason } = JSON.parse(utf8Text(value)) as { source: string; reason: string }
    return `${source}: ${reason}`
  })

const stepAt = (site: string, changes: Partial<Step> = {}): Step => ({
  ...{ v: 1, id: 'f-1-1', fingerprint: 'f', episode: 'f-1', seq: 1, kind: 'condition' },
  ...{ step: 'firing', alert: 'High', monitor: 'm', rule: 'm/High', annotations: {} },
  ...{ from: 'inactive', to: 'firing', level: 'critical', at: AT, reason: 'threshold' },
  ...{ value: {}, window: null, complete: true, corrected: false },
  ...{ active_at: AT, fired_at: AT, labels: { alertname: 'High', site } },
  receipt: { event: AT, appended: AT, read: AT, pane: AT, closed: null, fired: AT },
  ...changes,
})

const toldOf = ({ id, fingerprint }: Step): Told => ({
  ...{ v: 1, kind: 'notice', of: id, fingerprint, receiver: 'noc', outcome: 'sent' },
  ...{ attempt: 1, sent: AT, key: 'g1-1', seq: 1 },
})

const stepRow = (record: Parameters<typeof encodeTransition>[0]) => ({
  key: utf8(record.fingerprint),
  value: encodeTransition(record),
})

test('[R21] a site speaks for itself and its feeds, and for nobody else', async () => {
  const logs = await twoLogs()
  await logs.there.append('site.ams1.panes', [
    paneRow(),
    paneRow({ site: 'lyo1', rev: 9 }),
    paneRow({ site: 'ams1/cloudfront', rev: 2 }),
    paneRow({ site: 'ams12', rev: 9 }),
    watermarkRow(1000),
    watermarkRow(9000, { site: 'lyo1' }),
    { key: utf8('k'), value: utf8('{') },
    { key: utf8('k'), value: utf8(JSON.stringify({ ...pane(), site: 'lyo1', states: {} })) },
  ])

  const progress = await admitted(logs, 'panes')

  assert.deepEqual(await storyOf(logs.there, 'panes'), [
    'p0 ams1 +0s rev 1',
    'p0 ams1/cloudfront +0s rev 2',
    'p0 watermark ams1/0 +1s',
  ])
  assert.deepEqual(Object.fromEntries(progress.skipped), { site: 4, json: 1 })
  assert.deepEqual(
    new Set(await rejectedIn(logs.there)),
    new Set(['log:site.ams1.panes-0: site', 'log:site.ams1.panes-0: json']),
  )
})

test('[R21] [H2] no site says what the past was to the cloud', async () => {
  const logs = await twoLogs()
  await logs.there.append('site.ams1.panes', [paneRow(), factRow()])

  const progress = await admitted(logs, 'panes')

  assert.deepEqual(await storyOf(logs.there, 'panes'), ['p0 ams1 +0s rev 1'])
  assert.deepEqual(Object.fromEntries(progress.skipped), { fact: 1 })
})

test('[R21] numbers that no site has need of are refused', async () => {
  const logs = await twoLogs()
  await logs.there.append('site.ams1.panes', [
    watermarkRow(1000, { of: 1_000_000 }),
    watermarkRow(1000, { partition: 4, of: 4 }),
    watermarkRow(1000, { lane: 0, lanes: 1_000_000 }),
    watermarkRow(1000, { lane: 2, lanes: 2 }),
  ])

  const progress = await admitted(logs, 'panes')

  assert.deepEqual(Object.fromEntries(progress.skipped), { lanes: 4 })
  assert.deepEqual(await storyOf(logs.there, 'panes'), [])
})

test('[P6] a watermark reaches every partition of the cloud, whatever lies between', async () => {
  const logs = await twoLogs({ site: 1, between: 2, cloud: 3 })
  const way = (lane: number) => ({ ...watermarkRow(1000, { lane, lanes: 2 }), partition: 1 })
  await logs.there.append('site.ams1.panes', [way(0), way(1)])

  await admitted(logs, 'panes')

  const ways = (await recordsOf(logs.there, 'panes')).map(({ partition, value }) => {
    const { lane, lanes } = JSON.parse(utf8Text(value)) as { lane: number; lanes: number }
    return `${partition}: ${lane} of ${lanes}`
  })
  assert.deepEqual(ways.sort(), [
    ...['0: 1 of 4', '0: 3 of 4'],
    ...['1: 1 of 4', '1: 3 of 4'],
    ...['2: 1 of 4', '2: 3 of 4'],
  ])
})

test('[A71] a step’s receipt says when it came into the cloud’s log', async () => {
  const logs = await twoLogs()
  logs.clock.set(AT + 5000)
  await logs.there.append('site.ams1.transitions', [stepRow(stepAt('ams1'))])
  logs.clock.set(AT + 9000)

  await admitted(logs, 'transitions')

  const [record] = await recordsOf(logs.there, 'transitions')
  const decoded = decodeTransition(record!.value)
  assert.ok(decoded.ok && decoded.record.kind !== 'notice')
  assert.equal(decoded.record.receipt.forwarded, AT + 5000)
  assert.deepEqual(decoded.record, {
    ...stepAt('ams1'),
    receipt: { ...stepAt('ams1').receipt, forwarded: AT + 5000 },
  })
})

test('[R21] [A77] steps of others and of none are refused; darkness is the cloud’s', async () => {
  const logs = await twoLogs()
  const own = stepAt('ams1/feed')
  await logs.there.append('site.ams1.transitions', [
    stepRow(own),
    stepRow(stepAt('lyo1')),
    stepRow(stepAt('x', { labels: { alertname: 'High' } })),
    stepRow(stepAt('ams1', { alert: 'nocturne_site_down' })),
    stepRow(toldOf(own)),
  ])

  const progress = await admitted(logs, 'transitions')

  assert.deepEqual(Object.fromEntries(progress.skipped), { site: 2, cloud_judges: 1 })
  const kinds = (await recordsOf(logs.there, 'transitions')).map(({ value }) => {
    const decoded = decodeTransition(value)
    assert.ok(decoded.ok)
    return decoded.record.kind === 'notice' ? `told by ${decoded.record.site}` : 'step'
  })
  assert.deepEqual(kinds, ['step', 'told by ams1'])
})
