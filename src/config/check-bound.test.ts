import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configErrorText } from './config-error.ts'
import { loadConfig } from './load-config.ts'

const loaded = (rule: string) =>
  loadConfig({
    file: 'n.yaml',
    text: [
      'version: 1',
      'monitors:',
      '  - id: one',
      '    group_by: [stream]',
      '    window: { size: 10s, lateness: 2s }',
      '    aggregates:',
      '      all: { count: rows }',
      '      retrans: { sum: retrans }',
      '      viewers: { distinct: session }',
      '      p95: { quantile: rtt_ms, q: 0.95 }',
      '      rtt: { mean: rtt_ms }',
      '    values: { each: retrans / viewers, odd: rtt / viewers }',
      `    rules: [{ alert: A, ${rule} }]`,
    ].join('\n'),
    env: {},
  })

const REFUSED = [
  {
    says: 'a quantile is refused, since its error is not known',
    rule: 'when: all > 1 && p95 > 9, bound: lower',
    error:
      /bound: does not work on p95: a quantile of a sample has no known error; leave it out, or/,
  },
  {
    says: 'a value with a mean in it is refused and says what to write',
    rule: 'when: all > 1, clear: odd < 1, bound: upper',
    error:
      /bound: does not work on odd with rtt in it: a mean .* divide a sum by a count under values$/,
  },
  {
    says: 'silence is refused',
    rule: 'absent_after: 15s, bound: lower',
    error: /bound: stands without when; leave it out: silence is not estimated$/,
  },
] as const

for (const { says, rule, error } of REFUSED) {
  test(`[S6] a bound on ${says}`, () => {
    const config = loaded(rule)

    assert.ok(!config.ok)
    assert.equal(config.errors.length, 1)
    assert.match(configErrorText(config.errors[0]!), error)
  })
}

test('[S6] a bound is taken over for sums, counts, ratios and distinct counts', () => {
  const rule = 'when: "each > 2 && all > 1 && stream != \\"x\\"", clear: viewers < 9, bound: lower'
  const config = loaded(rule)

  assert.ok(config.ok, config.ok ? '' : config.errors.map(configErrorText).join('\n'))
  assert.equal(config.config.monitors[0]?.rules[0]?.bound, 'lower')
})
