import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import test from 'node:test'
import { matchNight } from '../../src/collect/night/match-night.ts'
import type { Notice } from '../../src/model/notice.ts'
import type { Reading } from '../../src/model/reading.ts'
import type { Step } from '../../src/model/step.ts'
import { SimulatedClock } from '../../src/std/simulated-clock.ts'
import { temporaryFolder } from '../rig/cli.ts'
import { RunningApp } from '../rig/running-app.ts'

const START = 1_795_383_150_000
/** Behind the night's own storm of another channel, before its dead site. */
const FROM = 60
const SECONDS = 375
/** This channel's line loses packets all evening, and from here on three times as many. */
const LOSSY = { stream: 'arena-2', pop: 'sim-waw1-e1' }
const TRIPLED_FROM = 300
const RETRANS_PER_ROW = 5

const TEXT = `
version: 1
log: { kind: memory, partitions: 2 }
store: { kind: memory }
monitors:
  - id: tcp-retransmits
    where: src == "tcp"
    group_by: [stream, pop]
    window: { size: 10s, hop: 1s, lateness: 2s }
    aggregates: { retrans: { sum: retrans }, conns: { distinct: conn } }
    rules:
      - { alert: RetransmitsHigh, when: retrans > 400, clear: retrans < 150, severity: critical }
      - alert: RetransmitsTripled
        when: retrans > 2.5 * base("retrans", "5m")
        clear: retrans < 1.5 * base("retrans", "5m")
        gate: conns >= 3 && retrans >= 100
        for: 3s
        severity: warning
notify:
  receivers: [{ name: noc, kind: terminal }]
  route: { receiver: noc, group_wait: 1s }
`

/** What sockets say in one second of the match night. */
function socketRows(second: number, rows: readonly Reading[]): readonly Reading[] {
  const factor = second >= TRIPLED_FROM ? 3 : 1
  return rows.flatMap((row): Reading[] => {
    if (row.src !== 'tcp') return []
    const isLossy = row.stream === LOSSY.stream && row['pop'] === LOSSY.pop
    return [isLossy ? { ...row, retrans: factor * RETRANS_PER_ROW } : row]
  })
}

async function recordsOf<T>(app: RunningApp, topic: string, partitions: number): Promise<T[]> {
  const records: T[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const path = `/api/tail?topic=${topic}&partition=${partition}&from=earliest&limit=100000`
    const lines = (await app.text(path)).split('\n').filter((line) => line !== '')
    records.push(...lines.map((line) => (JSON.parse(line) as { value: T }).value))
  }
  return records
}

async function playNight(t: test.TestContext) {
  const folder = await temporaryFolder(t)
  const clock = new SimulatedClock(START + FROM * 1000)
  const app = await RunningApp.start(t, { folder, text: TEXT, clock })
  const night = matchNight({ seed: 1, startAt: START, rowsPerSecond: 300, channelCount: 8 })
  for (let second = FROM; second < SECONDS; second++) {
    clock.advance(1000)
    await app.post(socketRows(second, night.second(second).rows))
    for (let turn = 0; turn < 40; turn++) await setImmediate()
  }
  const steps = await recordsOf<Step>(app, 'transitions', 2)
  const notices = await recordsOf<Notice>(app, 'notices', 1)
  await app.app.stop()
  return { steps: steps.filter(({ step }) => step === 'firing'), notices }
}

test(
  '[H1] [H7] tripled retransmits below the threshold are caught by their past, and it says why',
  { timeout: 300_000 },
  async (t) => {
    const { steps, notices } = await playNight(t)

    const [fired, ...others] = steps.map(({ alert, labels, at, value }) => {
      return { alert, stream: labels['stream'], pop: labels['pop'], at, value }
    })
    assert.deepEqual(others, [])
    assert.ok(fired !== undefined)
    assert.deepEqual(
      { ...fired, at: 0, value: {} },
      { alert: 'RetransmitsTripled', ...LOSSY, at: 0, value: {} },
    )
    const seconds = (fired.at - START) / 1000 - TRIPLED_FROM
    assert.ok(seconds > 0 && seconds <= 15, `${seconds} s`)
    const [now, past] = [fired.value['retrans'] ?? 0, fired.value['base(retrans, 5m)'] ?? 0]
    assert.ok(now > 2.5 * past && now < 400 && past > 40, `${now} and ${past}`)
    const summaries = notices.flatMap(({ alerts = [] }) =>
      alerts.map(({ annotations }) => annotations['summary']),
    )
    assert.ok(summaries.includes(`retrans ${now}, base(retrans, 5m) ${past}`), summaries.join('; '))
    t.diagnostic(summaries.join('; '))
  },
)
