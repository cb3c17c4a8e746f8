import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Log, LogGroups } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory/memory-log.ts'
import { NocturneError } from '../../src/model/nocturne-error.ts'
import { fastClock } from '../rig/fast-clock.ts'
import { RunningApp } from '../rig/running-app.ts'

const ALL_HIGH = '      - { alert: AllHigh, scope: all, when: retrans > 150 }\n'
// The clock is fast, and a slow machine is no dark site.
const MONITORS = `
absent: 30m
monitors:
  - id: retransmits
    group_by: [stream]
    window: { size: 2s, hop: 1s, lateness: 1s }
    aggregates: { retrans: { sum: retrans } }
    rules:
      - { alert: SiteHigh, scope: site, when: retrans > 100 }
${ALL_HIGH}`
const kafka = '{ brokers: ["cloud:9092"] }'
const edge = (site: string) => `version: 1
site: ${site}
log: { kind: embedded, partitions: 2 }
store: { kind: memory }
forward: { to: ${kafka} }
${MONITORS}`
const CLOUD = `version: 1
site: cloud
log: { kind: kafka, kafka: ${kafka}, partitions: 3 }
store: { kind: memory }
sites: [ams1, lyo1]
${MONITORS}`

/** One log for all that name the cluster, which none of them closes; it can be away. */
function cluster(log: Log & LogGroups) {
  const link = { isUp: true }
  const shared = new Proxy(log, {
    get: (it, name) => {
      if (name === 'close') return async () => undefined
      const member: unknown = Reflect.get(it, name)
      return typeof member === 'function' ? member.bind(it) : member
    },
  })
  const open = async (): Promise<Log & LogGroups> => {
    if (!link.isUp) throw new NocturneError('LOG_FULL', 'the cloud is away')
    return shared
  }
  return { link, open }
}

const root = mkdtempSync(join(tmpdir(), 'nocturne-layers-'))
after(() => rmSync(root, { recursive: true }))

test('[A77] [R21] two sites and a cloud: its wall has the alerts of all', async (t) => {
  const clock = fastClock(20)
  const { link, open: openKafka } = cluster(openMemoryLog({ clock }))
  link.isUp = false
  const start = async (text: string) =>
    RunningApp.start(t, { folder: mkdtempSync(join(root, 'app-')), text, clock, openKafka })
  const sites = [await start(edge('ams1')), await start(edge('lyo1'))]
  link.isUp = true
  const cloud = await start(CLOUD)
  const stop = new AbortController()
  t.after(() => stop.abort())

  const posting = (async () => {
    while (!stop.signal.aborted) {
      const row = { ts: clock.now(), stream: 'arena-1', session: 's', retrans: 200 }
      for (const site of sites) await site.post([row])
      await clock.sleep(500, stop.signal)
    }
  })()
  const view = await cloud.alerts(({ alerts }) => alerts.length >= 3)
  stop.abort()
  await posting
  await setImmediate()

  const names = view.alerts.map(({ alert, labels }) => `${alert} ${labels['site'] ?? 'all'}`)
  assert.deepEqual(names.sort(), ['AllHigh all', 'SiteHigh ams1', 'SiteHigh lyo1'])
  assert.deepEqual(
    (await sites[0]!.alerts(({ alerts }) => alerts.length > 0)).alerts.map(({ alert }) => alert),
    ['SiteHigh'],
  )
})

test('[A77] what a site told while it was cut off the cloud does not tell again', async (t) => {
  const clock = fastClock(20)
  const { link, open: openKafka } = cluster(openMemoryLog({ clock }))
  link.isUp = false
  const start = async (text: string) =>
    RunningApp.start(t, { folder: mkdtempSync(join(root, 'app-')), text, clock, openKafka })
  const site = await start(edge('ams1').replace(ALL_HIGH, ''))
  for (let second = 0; second < 8; second++) {
    await site.post([{ ts: clock.now(), stream: 'arena-1', session: 's', retrans: 120 }])
    await clock.sleep(1000)
  }
  await site.alerts(({ alerts }) => alerts.some(({ told }) => told.length > 0))

  link.isUp = true
  const cloud = await start(CLOUD.replace(ALL_HIGH, ''))
  await cloud.until('/metrics', async (answer) => (await answer.text()).includes('told_by_site'))

  const told = await cloud.alerts(({ alerts }) => alerts.some((alert) => alert.told.length > 0))
  const page = told.alerts.find(({ alert }) => alert === 'SiteHigh')
  assert.equal(page?.told.length, 1)
  assert.doesNotMatch(await cloud.text('/metrics'), /where="write",reason="planned"\} [1-9]/)
})
