import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { MonitorSpec } from '../model/monitor.ts'
import { configErrorText } from './config-error.ts'
import { loadConfig } from './load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'nocturne-config-'))
after(() => rmSync(folder, { recursive: true }))

function errorsOf(text: string): readonly string[] {
  const loaded = loadConfig({ file: join(folder, 'n.yaml'), text, env: {} })
  return loaded.ok ? [] : loaded.errors.map((e) => configErrorText(e).slice(folder.length + 1))
}

function loadedOf(text: string, env: Readonly<Record<string, string>> = {}) {
  const loaded = loadConfig({ file: join(folder, 'n.yaml'), text, env })
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.errors.map(configErrorText).join('\n'))
  return loaded.config
}

/** A file with one monitor, whose last lines are given. */
const monitor = (...lines: readonly string[]) =>
  [
    'version: 1',
    'monitors:',
    '  - id: one',
    '    group_by: [stream]',
    '    window: { size: 10s, hop: 1s, lateness: 2s }',
    '    aggregates: { retrans: { sum: retrans }, rtt: { max: rtt_ms }, all: { count: rows } }',
    ...lines.map((line) => `    ${line}`),
  ].join('\n')

const monitorOf = (...lines: readonly string[]): MonitorSpec =>
  loadedOf(monitor(...lines)).monitors[0]!

const REFUSED = [
  {
    id: 'R6',
    says: 'an unknown key names the nearest known one',
    text: 'version: 1\nskwe: 5s',
    error: 'n.yaml:2:1 skwe: there is no "skwe" here; did you mean skew?',
  },
  {
    id: 'W6',
    says: 'a monitor without lateness says why there is no default',
    text: monitor().replace(', lateness: 2s', ''),
    error:
      /^n\.yaml:5:5 monitors\[0\]\.window\.lateness: is missing; write lateness: 2s .*no default/,
  },
  {
    id: 'R8',
    says: 'a duration without unit is refused where it stands',
    text: 'version: 1\nabsent: 30',
    error: /^n\.yaml:2:9 absent: is no duration: it has no unit; write absent: 30s/,
  },
  {
    id: 'W2',
    says: 'a hop that does not divide the size is refused',
    text: monitor().replace('hop: 1s', 'hop: 3s'),
    error: /^n\.yaml:5:31 monitors\[0\]\.window\.hop: does not divide/,
  },
  {
    id: 'R6',
    says: 'a name in an expression is refused at its own column',
    text: monitor('rules: [{ alert: A, when: "retrans > 1 && lost > 2" }]'),
    error: /^n\.yaml:7:47 monitors\[0\]\.rules\[0\]\.when: .*lost is not known here/,
  },
  {
    id: 'R6',
    says: 'an annotation that names nothing is refused',
    text: monitor('rules: [{ alert: A, when: all > 1, annotations: { summary: "{{strem}}" } }]'),
    error: /annotations\.summary: \{\{strem\}\} stands for nothing; did you mean \{\{stream\}\}\?$/,
  },
  {
    id: 'A10',
    says: 'an alert named twice names both places',
    text: monitor('rules:', '  - { alert: A, when: all > 1 }', '  - { alert: A, when: all > 2 }'),
    error: /^n\.yaml:9:18 .*the alert A is at .*n\.yaml:8:18 already/,
  },
  {
    id: 'A10',
    says: 'a rule cannot set a label that makes its alerts who they are',
    text: monitor('rules: [{ alert: A, when: all > 1, labels: { stream: x } }]'),
    error: /labels\.stream: is a label that the alert has already/,
  },
  {
    id: 'R6',
    says: 'a rule that judges nothing is refused',
    text: monitor('rules: [{ alert: A }]'),
    error: /rules\[0\]\.when: is missing; write when: …, or absent_after/,
  },
  {
    id: 'R6',
    says: 'broken YAML names its line',
    text: 'version: 1\nlog: [',
    error: /^n\.yaml:\d:\d+ Flow sequence/,
  },
  {
    id: 'R6',
    says: 'a key written twice is refused',
    text: 'version: 1\nsite: a\nsite: b',
    error: /^n\.yaml:3:1 Map keys must be unique/,
  },
  {
    id: 'R6',
    says: 'an unknown kind of source names the known ones',
    text: 'version: 1\ncollect: { sources: [{ kind: tial, path: x }] }',
    error: /sources\[0\]\.kind: .*write kind: file \| tail \| stdin \| ss \| match-night$/,
  },
  {
    id: 'R6',
    says: 'an address that is none is refused',
    text: 'version: 1\ncollect: { sources: [{ kind: ss, addresses: [300.1.1.1] }] }',
    error: /addresses\[0\]: is neither an address nor a prefix/,
  },
  {
    id: 'R6',
    says: 'a route to nobody is refused',
    text: 'version: 1\nnotify: { route: { receiver: terminl } }',
    error: /^n\.yaml:2:30 notify\.route\.receiver: .* "terminl"; did you mean terminal\?$/,
  },
  {
    id: 'R6',
    says: 'levels that do not rise are refused',
    text: monitor(
      'rules:',
      '  - alert: A',
      '    levels: [{ severity: critical, when: all > 9 }, { severity: info, when: all > 1 }]',
    ),
    error: /levels: do not rise/,
  },
  {
    id: 'R6',
    says: 'a field that is text here and a number there is refused',
    text: monitor('where: mood == "slow"').replace('{ max: rtt_ms }', '{ max: mood }'),
    error: /^n\.yaml:3:5 .*reads mood as number, and monitor one reads it as text; group by/,
  },
  {
    id: 'R6',
    says: 'a group by a number is refused, since every row would be in the group of none',
    text: monitor().replace('[stream]', '[stream, status]'),
    error:
      'n.yaml:4:15 monitors[0].group_by: reads status as text, and it is a number; compare and' +
      ' measure it as one, or make a text of it in collect:' +
      ' map: { status: status, status_text: { from: status, as: text } }',
  },
  {
    id: 'R6',
    says: 'a sum of a text is refused, since it would always be 0',
    text: monitor().replace('sum: retrans', 'sum: session'),
    error: /^n\.yaml:3:5 .*reads session as number, and it is a text; group by, compare and/,
  },
  {
    id: 'D5',
    says: 'more fields than one pass over a row reads are refused',
    text: [
      'version: 1',
      'monitors:',
      ...Array.from({ length: 17 }, (_, i) => {
        const sums = Array.from({ length: 32 }, (_, j) => `a${j}: { sum: f${i}_${j} }`)
        const window = '{ size: 10s, hop: 1s, lateness: 2s }'
        const aggregates = `{ ${sums.join(', ')} }`
        return `  - { id: m${i}, group_by: [stream], window: ${window}, aggregates: ${aggregates} }`
      }),
    ].join('\n'),
    error: /^n\.yaml:18:5 .*at which 525 fields are read of every row; read at most 512 different/,
  },
] as const

for (const { id, says, text, error } of REFUSED) {
  test(`[${id}] ${says}`, () => {
    const errors = errorsOf(text)

    assert.equal(errors.length, 1, errors.join('\n'))
    assert.match(
      errors[0]!,
      typeof error === 'string' ? new RegExp(`^${RegExp.escape(error)}$`) : error,
    )
  })
}

test('[R6] all mistakes of a file are said at once, in the order of its lines', () => {
  const errors = errorsOf('version: 1\nskew: 1\nsit: x\nlog: { partitions: 0 }')

  assert.deepEqual(
    errors.map((error) => error.split(' ')[0]),
    ['n.yaml:2:7', 'n.yaml:3:1', 'n.yaml:4:20'],
  )
})

test('a file that says nothing gets all defaults', () => {
  const config = loadedOf('version: 1')

  assert.equal(config.dataFolder, join(folder, 'data'))
  assert.deepEqual(config.http, { host: '127.0.0.1', port: 8080 })
  assert.deepEqual([config.skewMs, config.absentMs, config.log.partitions], [5000, 30_000, 4])
  assert.deepEqual(
    config.notify.receivers.map(({ kind }) => kind),
    ['terminal'],
  )
  assert.equal(config.notify.route.receiver, 'terminal')
  assert.equal(config.notify.externalUrl, 'http://127.0.0.1:8080')
})

test('[P3] sums are whole for counts and bytes, and thousandths otherwise, unless set', () => {
  const { aggregates } = loadedOf(
    monitor().replace(
      /aggregates: .*/,
      'aggregates: { a: { sum: retrans }, b: { sum: bytes_of_mine }, c: { sum: stall_ms },' +
        ' d: { sum: kb }, e: { sum: kb, resolution: 0.01 }, f: { sum: late } }',
    ),
  ).monitors[0]!

  assert.deepEqual(
    aggregates.map(({ digits }) => digits),
    [0, 0, 3, 3, 2, 0],
  )
})

const EARLY = [
  { rule: 'when: retrans > 400', early: true },
  { rule: 'when: retrans > 400 && rtt > 50, gate: all >= 5', early: true },
  { rule: 'when: retrans > 400, for: 5s', early: false },
  { rule: 'when: retrans > 400, of: { m: 1, n: 5 }', early: true },
  { rule: 'when: retrans < 400', early: false },
  { rule: 'when: retrans > 400, early: "off"', early: false },
  { rule: 'when: retrans > 400, bound: lower', early: false },
  { rule: 'absent_after: 15s', early: false },
] as const

for (const { rule, early } of EARLY) {
  test(`[V3] a rule with ${rule} is ${early ? '' : 'not '}tried on open windows`, () => {
    const [compiled] = monitorOf(`rules: [{ alert: A, ${rule} }]`).rules

    assert.equal(compiled?.early, early)
  })
}

test('[A77] a rule is judged by site where its group names a place, else over all', () => {
  const rules =
    'rules: [{ alert: A, when: all > 1 }, { alert: B, when: all > 1, scope: [all, site] }]'
  const [all] = loadedOf(monitor(rules)).monitors
  const [local] = loadedOf(monitor(rules).replace('[stream]', '[stream, pop]')).monitors

  assert.deepEqual(
    all?.rules.map(({ scopes }) => scopes),
    [['all'], ['all', 'site']],
  )
  assert.deepEqual(all?.scopes, ['all', 'site'])
  assert.deepEqual(local?.rules[0]?.scopes, ['site'])
})

test('[P1] the definition follows from what panes hold, not from rules or values', () => {
  const before = monitorOf('values: { x: retrans / all }').definition

  assert.match(before, /^[0-9a-f]{16}$/)
  assert.equal(monitorOf('rules: [{ alert: A, when: all > 1 }]').definition, before)
  assert.notEqual(monitorOf('where: src == "tcp"').definition, before)
  assert.notEqual(loadedOf(monitor().replace('10s', '20s')).monitors[0]!.definition, before)
})

test('a rule’s defaults are those of the design', () => {
  const [rule] = monitorOf('rules: [{ alert: A, when: all > 1, severity: critical }]').rules

  assert.deepEqual(rule, {
    id: 'one/A',
    alert: 'A',
    monitor: 'one',
    levels: rule?.levels,
    forMs: 0,
    clearForMs: 0,
    absentSeverity: 'critical',
    empty: 'unknown',
    scopes: ['all'],
    early: true,
    freezeMaxMs: 300_000,
    instancesMax: 10_000,
    layer: 'transport',
    labels: {},
    annotations: {},
  })
})

test('[R8] the environment wins over the file, and its mistakes name the variable', () => {
  const text = 'version: 1\nhttp: { listen: 127.0.0.1:1 }'
  const config = loadedOf(text, { NOCTURNE_HTTP_LISTEN: '[::1]:9', NOCTURNE_LOG_PARTITIONS: '2' })
  const wrong = loadConfig({ text, env: { NOCTURNE_SKEW: '5' } })

  assert.deepEqual(config.http, { host: '::1', port: 9 })
  assert.equal(config.log.partitions, 2)
  assert.ok(!wrong.ok && configErrorText(wrong.errors[0]!).includes('NOCTURNE_SKEW'))
})

test('monitors come from other files too, and mistakes name the file that has them', () => {
  writeFileSync(join(folder, 'm.yaml'), monitor('rules: [{ alert: A, when: al > 1 }]'))
  const errors = errorsOf('version: 1\nmonitors: [m.yaml]')
  const missing = errorsOf('version: 1\nmonitors: [nowhere.yaml]')

  assert.match(errors.join(), /^m\.yaml:7:31 monitors\[0\]\.rules\[0\]\.when/)
  assert.match(missing.join(), /^n\.yaml:2:12 monitors\[0\]: names the file nowhere\.yaml/)
})

test('[R9] a secret comes from a file that its owner alone may read', () => {
  const file = join(folder, 'url')
  const text =
    'version: 1\nnotify: { receivers: [{ name: a, kind: webhook, url_file: url }], route: {} }'
  writeFileSync(file, 'http://127.0.0.1:9000/canary\n')
  chmodSync(file, 0o644)
  const open = errorsOf(text)
  chmodSync(file, 0o600)

  assert.match(open.join(), /url_file: names the file url, which others may read; run chmod 600/)
  assert.equal(open.join().includes('canary'), false)
  assert.deepEqual(loadedOf(text).notify.receivers[0]?.urls, ['http://127.0.0.1:9000/canary'])
})

test('[S1] sampling below 1 needs the key that all sites share', () => {
  writeFileSync(join(folder, 'key'), 'night-watch\n', { mode: 0o600 })
  const errors = errorsOf('version: 1\ncollect: { sampling: { rate: 0.1 } }')
  const { sampling } = loadedOf(
    'version: 1\ncollect: { sampling: { rate: 0.1, key_file: key } }',
  ).collect

  assert.match(errors.join(), /sampling\.key_file: is missing/)
  assert.equal(new TextDecoder().decode(sampling.key?.reveal()), 'night-watch')
})

test('routes inherit what they do not say', () => {
  const { route } = loadedOf(`version: 1
notify:
  receivers: [{ name: a, kind: terminal }, { name: b, kind: terminal }]
  route:
    group_wait: 5s
    routes:
      - matchers: ['severity = "critical"', site =~ "ams.*"]
        receiver: b
        routes: [{ group_by: [] }]`).notify
  const [child] = route.routes

  assert.equal(route.receiver, 'a')
  assert.deepEqual([child?.receiver, child?.groupWaitMs, child?.repeatMs], ['b', 5000, 14_400_000])
  assert.deepEqual(child?.matchers, [
    { name: 'severity', op: '=', value: 'critical' },
    { name: 'site', op: '=~', value: 'ams.*' },
  ])
  assert.deepEqual([child?.routes[0]?.receiver, child?.routes[0]?.groupBy], ['b', []])
})
