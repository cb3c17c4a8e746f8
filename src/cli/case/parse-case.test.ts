import assert from 'node:assert/strict'
import test from 'node:test'
import { parseCase } from './parse-case.ts'

const START = Date.UTC(2026, 0, 1)

/** The actions of a timeline with their times from the start. */
function actionsOf(timeline: string) {
  const result = parseCase('a.case', `# a title\nmonitors: []\n---\n${timeline}`)
  assert.ok(result.ok, JSON.stringify(result))
  const { startAt, statements } = result.parsed.script
  return statements.map(({ at, action }) => [at - startAt, action])
}

test('a row takes the clock’s time, values of three kinds, and texts in quotes', () => {
  const actions = actionsOf('at 1500ms row stream=a x=-1.5 ok=true rendition="1080" note="a b"')

  const row = { ts: START + 1500, stream: 'a', x: -1.5, ok: true, rendition: '1080', note: 'a b' }
  assert.deepEqual(actions, [[1500, { kind: 'row', row }]])
})

test('a row says another time with ts, and may be JSON', () => {
  const actions = actionsOf('at 9s row stream=a ts=2s\nrow {"stream":"b","time":7}')

  assert.deepEqual(actions, [
    [9000, { kind: 'row', row: { ts: START + 2000, stream: 'a' } }],
    [9000, { kind: 'row', row: { ts: START + 9000, stream: 'b', time: 7 } }],
  ])
})

test('a span repeats its statement, both ends included', () => {
  const actions = actionsOf('at 1s..3s every 1s heartbeat # until then')

  assert.deepEqual(
    actions.map(([at]) => at),
    [1000, 2000, 3000],
  )
})

test('start, live and partitions set the stage', () => {
  const text = 'config: ott.yaml\n---\nstart 2026-11-22T20:00:00Z\nlive\npartitions 3\nat 2s wait'
  const result = parseCase('a.case', text)

  assert.ok(result.ok)
  const { configFile, title, script } = result.parsed
  assert.deepEqual([configFile, title], ['ott.yaml', 'a.case'])
  const { startAt, isLive, partitions, statements } = script
  assert.deepEqual([startAt, isLive, partitions], [Date.UTC(2026, 10, 22, 20), true, 3])
  assert.equal(statements[0]!.at, startAt + 2000)
})

test('an expectation of a window parts group, marks and values', () => {
  const line = 'expect window m stream=a end=10s n=3 p95~12.5 complete=false'
  const [[, action]] = actionsOf(line) as [[number, unknown]]

  assert.deepEqual(action, {
    kind: 'window',
    monitor: 'm',
    end: START + 10_000,
    isThere: true,
    fields: { stream: 'a', complete: false },
    values: {
      n: { value: 3, isApproximate: false },
      p95: { value: 12.5, isApproximate: true },
    },
  })
})

const MISTAKES = [
  ['at soon row', '4:4 at needs a time from the start'],
  ['at 3s wait\nat 2s row', '5:4 time would step back'],
  ['at 0s..9s row', '4:11 a span of time needs every'],
  ['at 1s', '4:1 says not what happens'],
  ['heartbeet', '4:1 "heartbeet" is not known here; did you mean heartbeat?'],
  ['row stream', '4:5 stream is no name=value'],
  ['row stream=', '4:5 stream has no value'],
  ['row {"stream":}', '4:5 is no JSON'],
  ['heartbeat partition=1', '4:11 there is no such partition; write 0 to 0'],
  ['expect window m n=3', '4:8 a window needs its end'],
  ['expect window end=3s', '4:15 a window needs its monitor'],
  ['expect transition High', '4:19 a transition needs its alert and its step'],
  ['expect transition High fires', '4:24 "fires" is not known here'],
  ['expect rows latte=1', '4:13 "latte" is not known here; did you mean late?'],
  ['at 1s wait\nlive', '5:1 live comes too late'],
  ['partitions 0', '4:12 partitions needs a number'],
  ['start noon', '4:7 start needs an instant'],
] as const

for (const [timeline, sentence] of MISTAKES) {
  test(`"${timeline.replace('\n', ' / ')}" is refused at its place`, () => {
    const result = parseCase('a.case', `# a title\nmonitors: []\n---\n${timeline}`)

    assert.ok(!result.ok)
    assert.equal(result.problems.length, 1)
    const [problem = ''] = result.problems
    assert.ok(problem.startsWith(`a.case:${sentence}`), problem)
  })
}

test('a file without its border line says what to write', () => {
  const result = parseCase('a.case', 'monitors: []\n')

  assert.ok(!result.ok)
  assert.match(result.problems[0]!, /^a\.case:1:1 has no line ---; write the configuration/)
})

test('what the past was has its term in one name, and a number or unknown', () => {
  const actions = actionsOf(
    'past m base(x,60m) 140 stream=a scope=all\npast m "trend(x, 2h)" unknown',
  )

  const [of, fields] = [
    { kind: 'past', monitor: 'm' },
    { stream: 'a', scope: 'all' },
  ]
  assert.deepEqual(actions, [
    [0, { ...of, term: 'base(x, 1h)', number: 140, fields }],
    [0, { ...of, term: 'trend(x, 2h)', number: null, fields: {} }],
  ])
  for (const line of ['past m base(x,1h)', 'past m base(x,1h) many']) {
    assert.ok(!parseCase('a.case', `monitors: []\n---\n${line}`).ok)
  }
})
