import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Severity } from '../model/monitor.ts'
import { acknowledge, expireAck } from './acknowledge.ts'
import type { Pacing } from './compile-rule.ts'
import {
  advance,
  endInstance,
  newInstance,
  type InstanceState,
  type StepDraft,
} from './instance.ts'
import type { Tick } from './tick.ts'

const RESULT = { B: 'breach', H: 'between', O: 'ok', N: 'none', E: 'error', A: 'breach' } as const
type Letter = keyof typeof RESULT

const tickAt = (end: number, letter: Letter, more: Partial<Tick> = {}): Tick => ({
  end,
  rev: 1,
  early: false,
  complete: true,
  result: RESULT[letter],
  cause: letter === 'A' ? 'absent' : 'threshold',
  triggers: letter === 'B' || letter === 'H' ? 1 : 0,
  ...(letter !== 'O' && letter !== 'N' && letter !== 'E' && { level: 'warning' as const }),
  data: letter === 'A' ? 'nodata' : 'same',
  ...more,
})

const plain: Pacing = { forMs: 0, clearForMs: 0, freezeMaxMs: 300_000, hopMs: 1000 }
const isLetter = (word: string): word is Letter => Object.hasOwn(RESULT, word)

/** Folds letters from `start` on, one hop apart; answers the conditions, the end and the steps. */
function fold(rule: Pacing, letters: string, start: InstanceState = newInstance('f')) {
  let state = start
  let end = start.end ?? 0
  const drafts: StepDraft[] = []
  const shown = letters.split(' ').map((letter) => {
    assert.ok(isLetter(letter))
    end += rule.hopMs
    const next = advance(rule, state, tickAt(end, letter))
    state = next.state
    drafts.push(...next.drafts)
    return state.condition.charAt(0).toUpperCase()
  })
  const steps = drafts.map(({ step, reason }) => `${step} ${reason}`)
  return { shown: shown.join(' '), state, drafts, steps }
}
const firing = (rule: Pacing) => fold({ ...rule, forMs: 0 }, 'B').state

const s = 1000
const vectors: readonly (readonly [string, string, Partial<Pacing>, string, string, string])[] = [
  ['A19', 'I', {}, 'B', 'F', 'firing threshold'],
  [
    'A20',
    'I',
    { forMs: 3 * s },
    'O B B B B O',
    'I P P P F I',
    'pending threshold, firing threshold, resolved ok',
  ],
  ['A21', 'I', {}, 'O H N E', 'I I I I', ''],
  [
    'A22',
    'I',
    { forMs: 15 * s, hopMs: 30 * s },
    'B B',
    'P F',
    'pending threshold, firing threshold',
  ],
  [
    'A23',
    'I',
    { of: { m: 3, n: 5 } },
    'B O B O B',
    'P P P P F',
    'pending threshold, firing threshold',
  ],
  [
    'A24',
    'I',
    { forMs: 3 * s },
    'B H B',
    'P I P',
    'pending threshold, dropped not_held, pending threshold',
  ],
  [
    'A25',
    'I',
    { of: { m: 3, n: 5 } },
    'B O O O O O B',
    'P P P P P I P',
    'pending threshold, dropped not_held, pending threshold',
  ],
  [
    'A26',
    'I',
    { forMs: 3 * s, freezeMaxMs: 2 * s },
    'B N N N',
    'P P P I',
    'pending threshold, dropped unknown_too_long',
  ],
  [
    'A27',
    'I',
    { forMs: 3 * s },
    'B B N N B B',
    'P P P P P F',
    'pending threshold, firing threshold',
  ],
  [
    'A27',
    'I',
    { of: { m: 3, n: 5 } },
    'B N B N B',
    'P P P P F',
    'pending threshold, firing threshold',
  ],
  ['A28', 'F', {}, 'B H B', 'F F F', ''],
  ['A28', 'F', {}, 'A B', 'F F', 'nodata absent, cause absent, cause threshold'],
  ['A29', 'F', {}, 'O', 'I', 'resolved ok'],
  ['A30', 'F', { clearForMs: 2 * s }, 'O', 'R', 'recovering ok'],
  ['A31', 'F', { freezeMaxMs: s }, 'N N N E E', 'F F F F F', ''],
  ['A32', 'F', { clearForMs: 2 * s }, 'O B', 'R F', 'recovering ok, refiring threshold'],
  [
    'A33',
    'F',
    { clearForMs: 2 * s },
    'O H O O O',
    'R F R R I',
    'recovering ok, refiring threshold, recovering ok, resolved ok',
  ],
  [
    'A34',
    'F',
    { clearForMs: 15 * s, hopMs: 10 * s },
    'O O O',
    'R R I',
    'recovering ok, resolved ok',
  ],
  [
    'A35',
    'F',
    { clearForMs: 2 * s, freezeMaxMs: 2 * s },
    'O N N N O O O',
    'R R R F R R I',
    'recovering ok, refiring unknown_too_long, recovering ok, resolved ok',
  ],
  [
    'A36',
    'F',
    { clearForMs: 2 * s, freezeMaxMs: 2 * s },
    'O N O E O',
    'R R R R I',
    'recovering ok, resolved ok',
  ],
]

for (const [id, from, pacing, letters, shown, steps] of vectors) {
  const rule = { ...plain, ...pacing }
  test(`[${id}] from ${from}, ${JSON.stringify(pacing)}: ${letters} gives ${shown}`, () => {
    const result = fold(rule, letters, from === 'F' ? firing(rule) : newInstance('f'))

    assert.equal(result.shown, shown)
    assert.equal(result.steps.join(', '), steps)
  })
}

test('[A12] an episode is named by its first instant, other steps by the first tick', () => {
  const { drafts } = fold({ ...plain, forMs: s }, 'O B B O B')

  assert.deepEqual(
    drafts.map(({ episode, active_at, fired_at }) => [episode, active_at, fired_at]),
    [
      ['f-2000', 2000, null],
      ['f-2000', 2000, 3000],
      ['f-2000', 2000, 3000],
      ['f-5000', 5000, null],
    ],
  )
  assert.equal(
    advance(plain, fold(plain, 'O O').state, tickAt(9000, 'N', { data: 'nodata' })).drafts[0]
      ?.episode,
    'f-1000',
  )
})

test('[A13] steps are numbered from 1 over all episodes of an instance', () => {
  const { drafts } = fold(plain, 'B O B O')

  assert.deepEqual(
    drafts.map(({ id }) => id),
    ['f-1000-1', 'f-1000-2', 'f-3000-3', 'f-3000-4'],
  )
})

const levelled = (level: Severity) => ({ level, triggers: 7 })

test('[A28] a change of level is a step, and of two changes the level is told', () => {
  let { state } = fold(plain, 'B')
  const steps = []
  for (const tick of [
    tickAt(2000, 'B', levelled('critical')),
    tickAt(3000, 'B', levelled('critical')),
    tickAt(4000, 'A', levelled('warning')),
    tickAt(5000, 'H', levelled('warning')),
  ]) {
    const next = advance(plain, state, tick)
    state = next.state
    steps.push(
      next.drafts
        .filter(({ kind }) => kind === 'condition')
        .map(({ step, level }) => `${step} ${level}`),
    )
  }

  assert.deepEqual(steps, [['raised critical'], [], ['lowered warning'], ['cause warning']])
})

test('[V3] an early breach raises, never lowers, and holds until its window is closed', () => {
  const first = advance(
    plain,
    newInstance('f'),
    tickAt(5000, 'B', { early: true, ...levelled('critical') }),
  )
  assert.deepEqual(
    first.drafts.map(({ step, window }) => [step, window?.early]),
    [['firing', true]],
  )

  const older = advance(plain, first.state, tickAt(4000, 'O'))
  assert.deepEqual(older, { state: first.state, drafts: [] })

  const again = advance(
    plain,
    first.state,
    tickAt(5000, 'B', { early: true, ...levelled('warning') }),
  )
  assert.deepEqual(again.drafts, [])
  assert.equal(again.state.level, 'critical')

  const closed = advance(plain, again.state, tickAt(5000, 'B', levelled('warning')))
  assert.deepEqual(
    closed.drafts.map(({ step }) => step),
    ['lowered'],
  )
  assert.deepEqual(
    advance(plain, closed.state, tickAt(6000, 'O')).drafts.map(({ step }) => step),
    ['resolved'],
  )
})

test('[V4] a tick at or before the newest closed one changes nothing', () => {
  const { state } = fold(plain, 'B B')

  for (const end of [1000, 2000]) {
    assert.deepEqual(advance(plain, state, tickAt(end, 'O', { rev: 9 })), { state, drafts: [] })
  }
})

test('[A39] silence and its end are steps of the data region beside those of the condition', () => {
  const { steps } = fold(plain, 'O A A')
  assert.deepEqual(steps, ['nodata absent', 'firing absent'])

  const back = advance(plain, fold(plain, 'O A').state, tickAt(3000, 'O', { data: 'fresh' }))
  assert.deepEqual(
    back.drafts.map(({ step, reason }) => `${step} ${reason}`),
    ['fresh rows', 'resolved ok'],
  )
  assert.equal(back.state.data, 'fresh')
})

test('[A40] the third error in a row makes the data region ERROR, another tick ends it', () => {
  const two = fold(plain, 'E E').state
  const three = fold(plain, 'E', two)

  assert.equal(two.data, 'fresh')
  assert.equal(three.state.data, 'error')
  assert.deepEqual(three.steps, [])
  assert.equal(fold(plain, 'N', three.state).state.data, 'fresh')
  assert.equal(fold(plain, 'O E E', three.state).state.data, 'fresh')
})

const command = (kind: 'ack' | 'unack', target: string, until: number | null = null) => ({
  v: 1 as const,
  id: 'u1',
  at: 1500,
  by: 'noc-1',
  kind,
  target,
  until,
  comment: 'on it',
})

test('[A46] an ack of the open episode is a step that says who, until when, and why', () => {
  const { state, drafts, answer } = acknowledge(firing(plain), command('ack', 'f-1000', 9000), 2000)

  assert.equal(answer, 'applied')
  assert.deepEqual(state.ack, { by: 'noc-1', until: 9000, level: 'warning' })
  const { step, reason, at, by, until, comment, from, to, window } = drafts[0]!
  assert.deepEqual(
    { step, reason, at, by, until, comment, from, to, window },
    {
      step: 'acked',
      reason: 'by',
      at: 2000,
      by: 'noc-1',
      until: 9000,
      comment: 'on it',
      from: 'unacked',
      to: 'acked',
      window: null,
    },
  )
})

test('[A47] an ack ends by unack, by its time, by a raise, and silently with the episode', () => {
  const acked = acknowledge(firing(plain), command('ack', 'f-1000', 9000), 2000).state
  const names = (drafts: readonly StepDraft[]) =>
    drafts.map(({ step, reason }) => `${step} ${reason}`)

  const undone = acknowledge(acked, command('unack', 'f-1000'), 2500)
  assert.deepEqual(names(undone.drafts), ['unacked by'])
  assert.equal(undone.state.ack, null)

  assert.deepEqual(expireAck(acked, 8999), { state: acked, drafts: [] })
  const expired = expireAck(acked, 9000)
  assert.deepEqual(names(expired.drafts), ['unacked expired'])
  assert.equal(expired.state.handling, 'unacked')

  const raised = advance(plain, acked, tickAt(3000, 'B', levelled('critical')))
  assert.deepEqual(names(raised.drafts), ['raised threshold', 'unacked raised'])
  assert.equal(raised.state.ack, null)

  const over = advance(plain, acked, tickAt(3000, 'O'))
  assert.deepEqual(names(over.drafts), ['resolved ok'])
  assert.equal(over.state.handling, 'unacked')
})

test('[A50] a command for an episode that is not open changes nothing and says so', () => {
  const open = firing(plain)
  const acked = acknowledge(open, command('ack', 'f-1000'), 2000).state
  const cases = [
    [newInstance('f'), 'ack', 'f-1000', 'no_open_episode'],
    [fold({ ...plain, forMs: s }, 'B').state, 'ack', 'f-1000', 'no_open_episode'],
    [open, 'ack', 'f-999', 'no_open_episode'],
    [open, 'unack', 'f-1000', 'not_acked'],
    [acked, 'ack', 'f-1000', 'already_acked'],
  ] as const

  for (const [state, kind, target, answer] of cases) {
    assert.deepEqual(acknowledge(state, command(kind, target), 3000), { state, drafts: [], answer })
  }
})

test('[A37] a removed rule resolves what is open and drops what is pending', () => {
  const open = endInstance(firing(plain), 7000)
  assert.deepEqual(
    open.drafts.map(({ step, reason, at }) => [step, reason, at]),
    [['resolved', 'rule_removed', 7000]],
  )
  assert.equal(open.state.condition, 'inactive')
  assert.equal(open.state.episode, null)

  assert.deepEqual(
    endInstance(fold({ ...plain, forMs: s }, 'B').state, 7000).drafts.map(({ step }) => step),
    ['dropped'],
  )
  assert.deepEqual(endInstance(newInstance('f'), 7000).drafts, [])
})

test('[A1] a state that went through JSON goes on alike', () => {
  const rule = { ...plain, forMs: s, clearForMs: s }
  const { state } = fold(rule, 'B B O N')

  assert.deepEqual(
    fold(rule, 'B O O O B', JSON.parse(JSON.stringify(state))),
    fold(rule, 'B O O O B', state),
  )
})
