import assert from 'node:assert/strict'
import { join } from 'node:path'
import test from 'node:test'
import { replayedSteps } from '../../src/app/replay-results.ts'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { systemClock } from '../../src/std/clock.ts'
import { AlertReceiver, type AlertBody } from '../rig/alert-receiver.ts'
import { temporaryFolder } from '../rig/cli.ts'
import { LiveReader } from '../rig/live-reader.ts'
import { RunningApp } from '../rig/running-app.ts'

/** A step that has not come by then never will. */
const LIMIT = { timeout: 60_000 }

const config = (hook: string, workers: number) => `version: 1
site: here
workers: ${workers}
log: { partitions: 2 }
monitors:
  - id: load
    group_by: [stream]
    window: { size: 1s, lateness: 500ms }
    aggregates: { x: { max: x } }
    rules:
      - alert: Hot
        when: x > 50
        clear: x < 10
        clear_for: 0s
        severity: critical
        annotations: { summary: "x is {{x}}" }
notify:
  receivers: [{ name: noc, kind: webhook, url: "${hook}" }]
  route: { receiver: noc, group_wait: 10ms, group_interval: 50ms }
`

const row = (x: number, ts = systemClock.now()) => ({ ts, stream: 'arena-1', x })

type PrometheusAlerts = {
  readonly status: string
  readonly data: {
    readonly alerts: readonly {
      readonly state: string
      readonly labels: Readonly<Record<string, string>>
      readonly annotations: Readonly<Record<string, string>>
    }[]
  }
}

type PrometheusRules = {
  readonly data: {
    readonly groups: readonly {
      readonly name: string
      readonly rules: readonly { readonly name: string; readonly state: string }[]
    }[]
  }
}

/** The notice of the alert as Alertmanager's webhook would send it. */
function assertHot({ version, receiver, alerts }: AlertBody): void {
  const [alert] = alerts
  assert.deepEqual([version, receiver, alerts.length], ['4', 'noc', 1])
  assert.deepEqual(alert?.labels, { alertname: 'Hot', severity: 'critical', stream: 'arena-1' })
  assert.equal(alert.annotations.summary, 'x is 90')
  assert.equal(alert.endsAt, '0001-01-01T00:00:00Z')
}

/** The steps of one alert that the log holds when nobody runs, each once. */
async function stepsIn(folder: string): Promise<readonly string[]> {
  const log = await openEmbeddedLog({ folder: join(folder, 'data'), clock: systemClock })
  try {
    const steps = await replayedSteps(log)
    assert.equal(new Set(steps.map(({ id }) => id)).size, steps.length)
    // An early step is of the end of its window, which an ack need not wait for.
    return steps.toSorted((a, b) => a.seq - b.seq).map(({ alert, step }) => `${alert} ${step}`)
  } finally {
    await log.close()
  }
}

for (const workers of [0, 2]) {
  test(
    `[A1] [A46] an alert is told, acknowledged, kept and told to be over (workers: ${workers})`,
    LIMIT,
    async (t) => {
      const folder = await temporaryFolder(t)
      const noc = await AlertReceiver.open(t)
      const plan = { folder, text: config(noc.url, workers) }

      const first = await RunningApp.start(t, plan)
      const wall = await LiveReader.open(t, first.url)
      const startAt = systemClock.now()
      await first.post([row(90, startAt)])
      await wall.step('Hot', 'firing')
      const told = await noc.told.first(({ body }) => body.status === 'firing')
      const [open] = (await first.alerts(({ alerts }) => alerts.length > 0)).alerts
      const prometheus = await first.json<PrometheusAlerts>('/api/v1/alerts')
      const rules = await first.json<PrometheusRules>('/api/v1/rules')
      const seen = wall.lastId
      wall.close()
      await first.acknowledge(open!.episode)
      const acked = await first.alerts(({ alerts }) => alerts[0]?.ack !== null)
      const back = await LiveReader.open(t, first.url, seen)
      await back.step('Hot', 'acked')
      await first.app.stop()
      await back.end

      const second = await RunningApp.start(t, plan)
      const kept = await second.alerts(({ feed }) => feed === 'live')
      const anew = await LiveReader.open(t, second.url, back.lastId)
      const { why } = await anew.first('reset')
      const from = open!.active_at - 60_000
      const query = `monitor=load&scope=all&group=${encodeURIComponent('{"stream":"arena-1"}')}`
      // The first run’s window may close only now: its row is older than the restart.
      await second.until(`/api/series?${query}&from=${from}`, async (answer) =>
        (await answer.text()).includes('"x":[90'),
      )
      // In a window of its own, however fast all this went.
      await second.post([row(1, Math.max(startAt + 1000, systemClock.now()))])
      await anew.step('Hot', 'resolved')
      const over = await noc.told.first(({ body }) => body.status === 'resolved')
      const after = await second.alerts(({ alerts }) => alerts.length === 0)
      await second.app.stop()

      assertHot(told.body)
      assert.deepEqual(
        prometheus.data.alerts.map(({ state, labels }) => [state, labels.alertname]),
        [['firing', 'Hot']],
      )
      assert.deepEqual(
        rules.data.groups.map(({ name, rules: [hot] }) => [name, hot?.name, hot?.state]),
        [['load', 'Hot', 'firing']],
      )
      assert.deepEqual(acked.alerts[0]?.ack?.by, 'noc')
      assert.equal(
        back.events.items.some(({ name }) => name === 'reset'),
        false,
      )
      assert.equal(back.events.items.at(-1)?.name, 'bye')
      assert.equal(why, 'epoch')
      assert.deepEqual(
        kept.alerts.map(({ episode, condition, ack }) => [episode, condition, ack?.by]),
        [[open!.episode, 'firing', 'noc']],
      )
      assert.equal(over.body.alerts[0]?.fingerprint, told.body.alerts[0]?.fingerprint)
      assert.deepEqual(after.alerts, [])
      assert.deepEqual(
        noc.taken.map(({ body }) => body.status),
        ['firing', 'resolved'],
      )
      assert.equal(noc.told.items.length, noc.taken.length)
      assert.deepEqual(await stepsIn(folder), ['Hot firing', 'Hot acked', 'Hot resolved'])
    },
  )
}

test(
  '[W8] [D5] what is refused is counted with its reason where metrics are asked for',
  LIMIT,
  async (t) => {
    const folder = await temporaryFolder(t)
    const noc = await AlertReceiver.open(t)
    const app = await RunningApp.start(t, { folder, text: config(noc.url, 1) })

    const answer = await app.postText(`{"ts":"soon","stream":"a"}\n${JSON.stringify(row(1))}\n`)
    // What a worker counts is told a little later.
    const counted = [
      /^nocturne_rejected_total\{[^}]*reason="ts"\} 1$/m,
      /^nocturne_lag_records\{reader="aggregate"/m,
    ]
    await app.until('/metrics', async (answer) => {
      const text = await answer.text()
      return counted.every((line) => line.test(text))
    })
    const metrics = await app.text('/metrics')
    await app.app.stop()

    assert.deepEqual(answer, { accepted: 1, rejected: [{ line: 1, reason: 'ts' }] })
    const counters = ['rows', 'rejected', 'reader_failures', 'log_gap_rows', 'panes', 'notify']
    for (const name of [...counters, 'serve']) {
      assert.match(metrics, new RegExp(`^# TYPE nocturne_${name}_total counter$`, 'm'))
    }
    assert.match(metrics, /^nocturne_log_events_total\{what="poisoned_partitions"\} 0$/m)
    assert.match(metrics, /^nocturne_codecs_info\{crc32c="(native|plain)"\} 1$/m)
  },
)
