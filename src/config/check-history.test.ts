import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configErrorText } from './config-error.ts'
import { loadConfig } from './load-config.ts'

const loaded = (rule: string, hop = '1s') =>
  loadConfig({
    file: 'n.yaml',
    text: [
      'version: 1',
      'monitors:',
      '  - id: one',
      '    group_by: [stream]',
      `    window: { size: ${hop === '7s' ? '21s' : '10s'}, hop: ${hop}, lateness: 2s }`,
      '    aggregates:',
      '      retrans: { sum: retrans }',
      '      viewers: { distinct: session }',
      '      worst: { max: rtt_ms }',
      '      p95: { quantile: rtt_ms, q: 0.95 }',
      '    values: { each: retrans / viewers }',
      `    rules: [{ alert: A, ${rule} }]`,
    ].join('\n'),
    env: {},
  })

const REFUSED = [
  {
    says: 'a name that is nearly one of the monitor',
    rule: `when: 'retrans > base("retran", "1h")'`,
    error: /base\(retran, 1h\) names nothing that the monitor computes; did you mean retrans\?/,
  },
  {
    says: 'a label',
    rule: `when: 'retrans > base("stream", "1h")'`,
    error: /base\(stream, 1h\) names nothing .*; write one of retrans, viewers, worst, p95, each/,
  },
  {
    says: 'a distinct count of minutes, in a gate',
    rule: `when: retrans > 1, gate: 'viewers > base("viewers", "1h")'`,
    error: /base\(viewers, 1h\) does not work: a distinct count of a minute .* at most 10m/,
  },
  {
    says: 'a value with a distinct count in it',
    rule: `when: 'each > 1', clear: 'each < same_hour("each", 7)'`,
    error:
      /same_hour\(each, 7\) does not work with viewers in it: a distinct count .*; judge a sum/,
  },
  {
    says: 'a greatest value of hours',
    rule: `when: 'trend("worst", "2d") > 5'`,
    error: /trend\(worst, 2d\) does not work: a greatest value of a minute or an hour/,
  },
  {
    says: 'a span that is too short, with its place',
    rule: `when: 'retrans > base("retrans", "1m")'`,
    error: /n\.yaml:12:.*cannot be read; a span is 5m to 400d/,
  },
  {
    says: 'a text that names a term which the rule does not ask',
    rule: `when: 'retrans > base("retrans", "1h")', annotations: { why: '{{base(retrans, 2h)}}' }`,
    error:
      /\{\{base\(retrans, 2h\)\}\} stands for nothing; did you mean \{\{base\(retrans, 1h\)\}\}/,
  },
] as const

for (const { says, rule, error } of REFUSED) {
  test(`[H1] [H4] asking the past for ${says} is refused with advice`, () => {
    const config = loaded(rule)

    assert.ok(!config.ok)
    assert.equal(config.errors.length, 1)
    assert.match(configErrorText(config.errors[0]!), error)
  })
}

const TAKEN = [
  'base("viewers", "10m")',
  'trend("worst", "5m")',
  'base("p95", "1h")',
  'same_hour("retrans", 28)',
  'over("viewers", "30d")',
  'over("each", "400d")',
]

for (const term of TAKEN) {
  test(`[H1] [H4] ${term} is taken over, and can be shown`, () => {
    const written = term.replaceAll('"', '\\"')
    const config = loaded(`when: "retrans > ${written}", annotations: { why: "{{${written}}}" }`)

    assert.deepEqual(config.ok ? [] : config.errors.map(configErrorText), [])
    assert.equal(config.ok && config.config.monitors[0]?.rules[0]?.early, false)
  })
}

test('[H7] a rule that asks the past says why by itself, unless its author does', () => {
  const when = `when: 'retrans > base("retrans", "1h") && each > trend("retrans", "30m")'`
  const summaryOf = (rule: string) => {
    const config = loaded(rule)
    return config.ok && config.config.monitors[0]?.rules[0]?.annotations['summary']
  }

  const bySelf = 'retrans {{retrans}}, base(retrans, 1h) {{base(retrans, 1h)}}'
  assert.equal(summaryOf(when), `${bySelf}, trend(retrans, 30m) {{trend(retrans, 30m)}}`)
  assert.equal(summaryOf(`${when}, annotations: { summary: so }`), 'so')
  assert.equal(summaryOf('when: retrans > 1'), undefined)
})

test('[H3] where slices fill no hour there are no hours to ask', () => {
  const config = loaded(`when: 'retrans > over("retrans", "30d")'`, '7s')

  assert.ok(!config.ok)
  assert.match(configErrorText(config.errors[0]!), /needs minutes and hours, and slices of 7s fill/)
  assert.ok(loaded(`when: 'retrans > base("retrans", "10m")'`, '7s').ok)
})
