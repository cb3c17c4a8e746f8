import assert from 'node:assert/strict'
import test from 'node:test'
import { AlertReceiver, type ReceiverMood } from '../rig/alert-receiver.ts'
import { temporaryFolder } from '../rig/cli.ts'
import { fastClock } from '../rig/fast-clock.ts'
import { RunningApp } from '../rig/running-app.ts'

/** How long the sick ones are sick, by the program's clock. */
const SICK_MS = 120_000
const STREAMS = ['arena-1', 'arena-2'] as const
/** Each stream's alert is told when it fires and when it is over. */
const NOTICES = STREAMS.length * 2

const config = (urls: Readonly<Record<string, string>>) => `version: 1
site: here
log: { partitions: 2 }
monitors:
  - id: load
    group_by: [stream]
    window: { size: 2s, lateness: 2s }
    aggregates: { x: { max: x } }
    rules: [{ alert: Hot, when: x > 50, clear: x < 10, clear_for: 0s, severity: critical }]
notify:
  receivers:
${Object.entries(urls)
  .map(([name, url]) => `    - { name: ${name}, kind: webhook, url: "${url}" }`)
  .join('\n')}
  route:
    receiver: healthy
    group_by: [alertname, stream]
    group_wait: 10ms
    group_interval: 100ms
    routes:
${Object.keys(urls)
  .map((name) => `      - { receiver: ${name}, continue: true }`)
  .join('\n')}
`

/** What a receiver took, notice by notice: of which stream, and whether it was over. */
const story = ({ taken }: AlertReceiver): readonly string[] =>
  taken.map(({ body }) => `${body.groupLabels.stream} ${body.status}`)

test(
  '[A4] [A64] [A65] receivers that fail, hang or are down get all in the end; none waits',
  {
    timeout: 60_000,
  },
  async (t) => {
    const folder = await temporaryFolder(t)
    const healthy = await AlertReceiver.open(t)
    const clock = fastClock(30)
    const sickTo = clock.now() + SICK_MS
    // They mend only when the healthy one has everything: had it waited, nobody would be told.
    const untilMended =
      (mood: ReturnType<ReceiverMood>): ReceiverMood =>
      () =>
        clock.now() < sickTo || healthy.taken.length < NOTICES ? mood : 'takes'
    const failing = await AlertReceiver.open(t, untilMended('fails'))
    const hanging = await AlertReceiver.open(t, untilMended('hangs'))
    const down = await AlertReceiver.open(t, untilMended('cuts'))
    const all = { healthy, failing, hanging, down }
    const urls = Object.fromEntries(Object.entries(all).map(([name, { url }]) => [name, url]))
    const app = await RunningApp.start(t, { folder, text: config(urls), clock })
    const startAt = clock.now()
    // In a window of its own, however fast the alert is told.
    const rows = (ms: number, x: number) =>
      STREAMS.map((stream) => ({ ts: startAt + ms, stream, x }))

    await app.post(rows(0, 90))
    await healthy.told.first(() => healthy.taken.length === STREAMS.length)
    await app.post(rows(4000, 1))
    for (const receiver of Object.values(all)) {
      await receiver.told.first(() => receiver.taken.length === NOTICES)
    }
    await app.app.stop()

    for (const [name, receiver] of Object.entries(all)) {
      const told = story(receiver)
      for (const stream of STREAMS) {
        const ofStream = told.filter((line) => line.startsWith(stream))
        assert.deepEqual(ofStream, [`${stream} firing`, `${stream} resolved`], name)
      }
      const textById = new Map<string, string>()
      for (const { id, text } of receiver.told.items) {
        assert.equal(textById.get(id) ?? text, text, `${name} was told two stories`)
        textById.set(id, text)
      }
      assert.equal(textById.size, NOTICES, name)
    }
    assert.equal(healthy.told.items.length, NOTICES)
  },
)
