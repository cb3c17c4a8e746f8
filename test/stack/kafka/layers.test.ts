import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startKafka } from '../../../scripts/stack/kafka-cluster.ts'
import { openLogFolder } from '../../../src/app/log/open-log.ts'
import type { Log } from '../../../src/log/log.ts'
import type { WindowResult } from '../../../src/model/window-result.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { AlertReceiver } from '../../rig/alert-receiver.ts'
import { finalWindows, panesIn, transitionsIn, windowsById } from '../rig/layers-log.ts'
import { kafkaLog, LayersStack, logAt } from '../rig/layers-stack.ts'
import { withoutJava } from '../rig/servers.ts'
import { SiteViewers, type ViewersSaw } from '../rig/site-viewers.ts'
import { TcpLink } from '../rig/tcp-link.ts'

const skip = withoutJava()
const STREAMS = Array.from({ length: 10 }, (_, i) => `s${i}`)
const LOOK_EVERY_MS = 500
/** Longer than `absent` and the shorter correction together, three times. */
const CUT_MS = 50_000

/** The test's own time limit is the bound. */
async function until(isIt: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isIt())) await systemClock.sleep(LOOK_EVERY_MS)
}

const startOf = (id: string): number => Number(id.split(' ')[1])

/** What a receiver was told of one alert: `Spike ams1 s3 firing 2026-…`, once for each telling. */
const toldTo = ({ taken }: AlertReceiver): readonly string[] =>
  taken.flatMap(({ body }) =>
    body.alerts.map(({ status, labels, startsAt }) => {
      const { alertname, site = 'all', stream = '-' } = labels
      return `${alertname} ${site} ${stream} ${status} ${startsAt}`
    }),
  )

const hasTold = (receiver: AlertReceiver, start: string): boolean =>
  toldTo(receiver).some((line) => line.startsWith(start))

async function world(t: TestContext) {
  const link = await TcpLink.open(t)
  const own = await startKafka({ shape: 'one' })
  t.after(() => own.close())
  const cluster = await startKafka({ shape: 'one', far: [link.address] })
  t.after(() => cluster.close())
  const [broker] = cluster.bootstrap
  const [ownBroker] = own.bootstrap
  assert.ok(broker && ownBroker && cluster.far?.[0])
  link.lead(cluster.far[0])
  const stack = await LayersStack.open(t, broker)
  const receivers = {
    ams1: await AlertReceiver.open(t),
    lyo1: await AlertReceiver.open(t),
    cloud: await AlertReceiver.open(t),
  }
  const hook = (name: keyof typeof receivers) => ({ name, webhook: receivers[name].url })
  const ams1 = await stack.start({
    ...hook('ams1'),
    log: '{ kind: embedded, partitions: 2 }',
    cloud: link.address,
  })
  const lyo1 = await stack.start({
    ...hook('lyo1'),
    log: kafkaLog(ownBroker, 3),
    cloud: broker,
  })
  const sites = ['ams1', 'lyo1']
  const cloud = await stack.start({ ...hook('cloud'), log: kafkaLog(broker, 2), sites })
  return { stack, link, receivers, sites: { ams1, lyo1 }, cloud, ownBroker }
}

/** Windows over all rows of both sites, and how many sites said something. */
function assertSums(
  windows: readonly WindowResult[],
  saws: readonly ReadonlyMap<string, ViewersSaw>[],
  scope: string,
): void {
  const wrong: string[] = []
  for (const { group, start, values, complete, sources } of windows) {
    const sums = { count: 0, x: 0, spikes: 0 }
    for (const saw of saws) {
      const part = saw.get(`${group['stream']} ${start}`) ?? { count: 0, x: 0, spikes: 0 }
      for (const name of ['count', 'x', 'spikes'] as const) sums[name] += part[name]
    }
    const { count, x, spikes } = values
    const { expected, reported } = sources.sites ?? { expected: 0, reported: 0 }
    const found = `${count} ${x} ${spikes} ${complete} ${reported}/${expected}`
    const sitesThere = scope === 'all' ? `${saws.length}/${saws.length}` : '0/0'
    const wanted = `${sums.count} ${sums.x} ${sums.spikes} true ${sitesThere}`
    if (found !== wanted)
      wrong.push(`${scope} ${group['stream']} ${start}: ${found}, not ${wanted}`)
  }
  assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} of ${windows.length}`)
}

/** Who said anything by the windows over all sites of a time: `1 of 2`, as first told. */
async function heard(log: Log, from: number, to: number): Promise<ReadonlySet<string>> {
  const all = new Set<string>()
  for (const [first] of (await windowsById(log)).values()) {
    const { window, at } = first!
    if (window.scope !== 'all' || window.monitor !== 'patient' || at < from || at >= to) continue
    const { expected, reported } = window.sources.sites ?? { expected: 0, reported: 0 }
    all.add(`${reported} of ${expected}, without ${window.sources.missing.join() || 'nobody'}`)
  }
  return all
}

/** Starts the rows of both sites; they end with the test, or when it says so. */
async function watched({ sites }: Pick<World, 'sites'>, t: TestContext) {
  const viewers = { ams1: new SiteViewers('ams1', STREAMS), lyo1: new SiteViewers('lyo1', STREAMS) }
  const stop = new AbortController()
  t.after(() => stop.abort())
  const from = Math.ceil(systemClock.now() / 1000) * 1000 + 1000
  const posting = [
    viewers.ams1.run(await sites.ams1.url, stop.signal),
    viewers.lyo1.run(await sites.lyo1.url, stop.signal),
  ]
  const end = async (): Promise<void> => {
    stop.abort()
    await Promise.all(posting)
  }
  return { viewers, from, end }
}

type World = Awaited<ReturnType<typeof world>>
type Watched = Awaited<ReturnType<typeof watched>>
type Sites = 'ams1' | 'lyo1'

/** One stream is in trouble at both sites, until those who speak have told its end. */
async function episode(
  { viewers }: Watched,
  stream: string,
  speaks: Readonly<Record<Sites, AlertReceiver>>,
): Promise<void> {
  const told = (status: string): boolean =>
    Object.entries(speaks).every(([site, receiver]) =>
      hasTold(receiver, `Spike ${site} ${stream} ${status}`),
    )
  for (const { troubled } of Object.values(viewers)) troubled.add(stream)
  await until(() => told('firing'))
  for (const { troubled } of Object.values(viewers)) troubled.delete(stream)
  await until(() => told('resolved'))
}

/** The link of one site is cut, and alerts go on there; one of them is open when it is back. */
async function cutOff({ link, receivers, stack: { cloudLog } }: World, evening: Watched) {
  const { ams1, cloud } = receivers
  const { troubled } = evening.viewers.ams1
  link.cut()
  const cutAt = systemClock.now()
  await episode(evening, 's2', { ams1, lyo1: cloud })
  troubled.add('s3')
  await until(() => hasTold(ams1, 'Spike ams1 s3 firing'))
  await until(() => hasTold(cloud, 'nocturne_site_down ams1'))
  await until(() => systemClock.now() >= cutAt + CUT_MS)
  const during = await heard(cloudLog, cutAt, systemClock.now())
  link.heal()
  const healedAt = systemClock.now()
  await until(() => isTold(cloudLog, 's3'))
  const caughtUpMs = systemClock.now() - healedAt
  troubled.delete('s3')
  await until(() => hasTold(cloud, 'Spike ams1 s3 resolved'))
  await until(() => hasTold(cloud, 'nocturne_site_down ams1 - resolved'))
  return { cutAt, healedAt, caughtUpMs, during }
}

/** Whether the cloud knows of a stream's alert, and that it was told. */
async function isTold(log: Log, stream: string): Promise<boolean> {
  const { steps, tolds } = await transitionsIn(log)
  return tolds.some(({ of }) => {
    const step = steps.get(of)
    return step?.alert === 'Spike' && step.labels['stream'] === stream
  })
}

/** By scope, whose rows its windows hold. */
const scopesOf = ({ viewers: { ams1, lyo1 } }: Watched) =>
  [
    ['ams1', [ams1.saw]],
    ['lyo1', [lyo1.saw]],
    ['all', [ams1.saw, lyo1.saw]],
  ] as const

const idsOf = (saws: readonly SiteViewers['saw'][], from: number): ReadonlySet<string> =>
  new Set(saws.flatMap((saw) => [...saw.keys()].filter((id) => startOf(id) >= from)))

async function windowsOf(
  log: Log,
  from: number,
  { monitor, scope }: { readonly monitor: string; readonly scope: string },
): Promise<readonly WindowResult[]> {
  const finals = await finalWindows(log, from)
  return finals.filter((window) => window.monitor === monitor && window.scope === scope)
}

/** Each pane of a site is in the cloud as the site has it, and nothing crossed twice. */
async function assertPanes(
  t: TestContext,
  { name, own, cloudLog }: { name: string; own: Log; cloudLog: Log },
): Promise<void> {
  const here = await panesIn(own, 'panes', name)
  const sent = await panesIn(cloudLog, `site.${name}.panes`, name)
  await until(async () => (await panesIn(cloudLog, 'panes', name)).records >= sent.records)
  const admitted = await panesIn(cloudLog, 'panes', name)
  const lacking = [...here.newest].filter(([id, { text }]) => sent.newest.get(id)?.text !== text)
  const invented = [...sent.newest.keys()].filter((id) => !here.newest.has(id))
  assert.deepEqual([lacking.length, invented], [0, []], name)
  assert.deepEqual(admitted.newest, sent.newest, name)
  assert.deepEqual([sent.repeats, admitted.repeats], [0, 0], `${name} repeats`)
  t.diagnostic(`${name}: ${here.newest.size} panes, ${here.records} records, ${sent.records} sent`)
}

test('[A77] [V1] [V2] [V5] [D2] a site is cut off its cloud and back', { skip }, async (t) => {
  const it = await world(t)
  const { receivers, sites, stack } = it
  const { cloudLog } = stack
  const evening = await watched(it, t)
  const { cloud } = receivers
  await until(() => STREAMS.every((stream) => hasTold(cloud, `Busy all ${stream}`)))
  await episode(evening, 's1', { ams1: cloud, lyo1: cloud })

  const cut = await cutOff(it, evening)
  await episode(evening, 's4', { ams1: cloud, lyo1: cloud })
  await evening.end()
  const { from } = evening
  for (const [scope, saws] of scopesOf(evening)) {
    const isThere = async (): Promise<boolean> => {
      const windows = await windowsOf(cloudLog, from, { monitor: 'patient', scope })
      return windows.length >= idsOf(saws, from).size
    }
    await until(isThere)
  }
  await sites.ams1.stop()
  await sites.lyo1.stop()

  const spool = await openLogFolder(stack.dataOf('ams1'))
  await assertPanes(t, { name: 'ams1', own: spool, cloudLog })
  await spool.close()
  await assertPanes(t, { name: 'lyo1', own: await logAt(t, it.ownBroker), cloudLog })
  for (const [scope, saws] of scopesOf(evening)) {
    const windows = await windowsOf(cloudLog, from, { monitor: 'patient', scope })
    assert.equal(windows.length, idsOf(saws, from).size, scope)
    assertSums(windows, saws, scope)
  }
  const hasty = await windowsOf(cloudLog, from, { monitor: 'hasty', scope: 'all' })
  const short = hasty.filter(({ sources: { sites: there } }) => there?.reported !== 2)
  assert.ok(short.length > 0, 'a horizon shorter than the cut leaves windows without the site')
  const lacking = [...cut.during].filter((text) => text.startsWith('1'))
  assert.deepEqual(lacking, ['1 of 2, without ams1'])
  await it.cloud.stop()
  await assertTold(receivers, cloudLog, cut)

  const { ams1, lyo1 } = evening.viewers
  t.diagnostic(`${ams1.rows + lyo1.rows} rows, cut for ${cut.healedAt - cut.cutAt} ms`)
  t.diagnostic(`what the site told was in the cloud ${cut.caughtUpMs} ms after the cut`)
  t.diagnostic(`${short.length} of ${hasty.length} windows with a short horizon lack the site`)
})

type Receivers = Readonly<Record<'ams1' | 'lyo1' | 'cloud', AlertReceiver>>

/** Each alert is told once, by who knew it first and could speak. */
async function assertTold(
  receivers: Receivers,
  cloudLog: Log,
  { cutAt, healedAt }: { readonly cutAt: number; readonly healedAt: number },
): Promise<void> {
  const all = Object.values(receivers).flatMap(toldTo)
  const often = [...Map.groupBy(all, (line) => line)].filter(([, lines]) => lines.length > 1)
  assert.deepEqual(
    often.map(([line, { length }]) => `${length} × ${line}`),
    [],
  )
  const spikes = (receiver: AlertReceiver) =>
    toldTo(receiver)
      .filter((line) => line.startsWith('Spike'))
      .map((line) => line.split(' ').slice(1, 4).join(' '))
      .sort()
  assert.deepEqual(spikes(receivers.ams1), ['ams1 s2 firing', 'ams1 s2 resolved', 'ams1 s3 firing'])
  assert.deepEqual(spikes(receivers.lyo1), [])
  const both = (stream: string) => [
    ...[`ams1 ${stream} firing`, `ams1 ${stream} resolved`],
    ...[`lyo1 ${stream} firing`, `lyo1 ${stream} resolved`],
  ]
  assert.deepEqual(
    spikes(receivers.cloud),
    [
      ...both('s1'),
      ...['lyo1 s2 firing', 'lyo1 s2 resolved', 'ams1 s3 resolved'],
      ...both('s4'),
    ].sort(),
  )
  const { steps } = await transitionsIn(cloudLog)
  const firing = [...steps.values()].filter(
    ({ alert, step, labels }) =>
      alert === 'Spike' && step === 'firing' && labels['site'] === 'ams1',
  )
  assert.equal(firing.length, 4)
  for (const { labels, receipt } of firing) {
    const { fired, forwarded = 0 } = receipt
    assert.ok(fired <= forwarded, `${labels['stream']} fired at ${fired}, came at ${forwarded}`)
    const isInCut = labels['stream'] === 's2' || labels['stream'] === 's3'
    assert.equal(isInCut, fired > cutAt && fired < healedAt)
    if (isInCut) assert.ok(forwarded >= healedAt)
  }
}
