import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StepReason } from '../model/step.ts'
import type { Pacing } from './compile-rule.ts'
import { advance, newInstance, type InstanceState, type StepDraft } from './instance.ts'
import type { Tick, TickResult } from './tick.ts'

/**
 * Walks the tree of all sequences of up to eight ticks over B H O N E (alerting.md 16): a prefix is
 * folded once, so seven parameter sets cost 7 · 488,280 ticks.
 */
const DEPTH = 8
const LETTERS = ['breach', 'between', 'ok', 'none', 'error'] as const

const parameters: Readonly<Record<string, Omit<Pacing, 'hopMs'>>> = {
  'at once': { forMs: 0, clearForMs: 0, freezeMaxMs: 300_000 },
  'for 3 s': { forMs: 3000, clearForMs: 0, freezeMaxMs: 300_000 },
  'clear_for 2 s': { forMs: 0, clearForMs: 2000, freezeMaxMs: 300_000 },
  'for 2 s, clear_for 2 s, freeze_max 1 s': { forMs: 2000, clearForMs: 2000, freezeMaxMs: 1000 },
  'for 1.5 s, clear_for 1.5 s, freeze_max 0': { forMs: 1500, clearForMs: 1500, freezeMaxMs: 0 },
  '2 of 3': { forMs: 0, of: { m: 2, n: 3 }, clearForMs: 1000, freezeMaxMs: 300_000 },
  '3 of 5, freeze_max 1 s': { forMs: 0, of: { m: 3, n: 5 }, clearForMs: 0, freezeMaxMs: 1000 },
}

const REASONS: ReadonlySet<StepReason> = new Set<StepReason>([
  'threshold',
  'ok',
  'not_held',
  'unknown_too_long',
])

const tickOf = (end: number, result: TickResult): Tick => ({
  end,
  rev: 1,
  early: false,
  complete: true,
  result,
  cause: 'threshold',
  triggers: result === 'breach' || result === 'between' ? 1 : 0,
  level: 'warning',
  data: 'same',
})
const ticks = Array.from({ length: DEPTH }, (_, i) => LETTERS.map((l) => tickOf((i + 1) * 1000, l)))

/** What the invariants need of the path: written from the rules, not from the machine. */
type Path = {
  readonly known: readonly TickResult[]
  /** Known results in a row since the last that was not of the kind. */
  readonly breaches: number
  readonly oks: number
  readonly isOpen: boolean
}

const start: Path = { known: [], breaches: 0, oks: 0, isOpen: false }

function extend(path: Path, result: TickResult, step: StepDraft | undefined): Path {
  const isKnown = result !== 'none' && result !== 'error'
  const isOpen = step?.step === 'firing' ? true : step?.step === 'resolved' ? false : path.isOpen
  if (!isKnown) return isOpen === path.isOpen ? path : { ...path, isOpen }
  return {
    known: [...path.known, result],
    breaches: result === 'breach' ? path.breaches + 1 : 0,
    oks: result === 'ok' ? path.oks + 1 : 0,
    isOpen,
  }
}

type Node = { readonly state: InstanceState; readonly path: Path }

/** M1–M5, M9 on one tick; answers the node below. */
function check(rule: Pacing, { state, path }: Node, tick: Tick): Node {
  const next = advance(rule, state, tick)
  const [step, more] = next.drafts.filter(({ kind }) => kind === 'condition')
  const after = extend(path, tick.result, step)
  const isX = tick.result === 'none' || tick.result === 'error'
  if (isX && path.isOpen) assert.notEqual(next.state.condition, 'inactive', 'M2')
  if (next.drafts.length === 0) return { state: next.state, path: after }
  assert.equal(more, undefined, 'M9')
  next.drafts.forEach(({ seq }, i) => assert.equal(seq, state.seq + i + 1, 'M5'))
  if (step === undefined) return { state: next.state, path: after }
  assert.ok(REASONS.has(step.reason), 'M6')
  if (step.step === 'firing') checkFiring(rule, path, after)
  if (step.step === 'resolved') {
    assert.ok(path.isOpen, 'M4')
    assert.ok((after.oks - 1) * rule.hopMs >= rule.clearForMs, 'M3')
  }
  return { state: next.state, path: after }
}

function checkFiring(rule: Pacing, before: Path, after: Path): void {
  assert.ok(!before.isOpen, 'M4')
  assert.equal(after.known.at(-1), 'breach', 'M1')
  if (rule.of === undefined) {
    assert.ok((after.breaches - 1) * rule.hopMs >= rule.forMs, 'M1')
    return
  }
  const inWindow = after.known.slice(-rule.of.n).filter((result) => result === 'breach').length
  assert.ok(inWindow >= rule.of.m, 'M1')
}

/** An early breach of the next window raises or changes nothing, and never ends anything (A55). */
function checkEarly(rule: Pacing, { state }: Node, end: number): void {
  const early = advance(rule, state, { ...tickOf(end, 'breach'), early: true })
  assert.equal(early.state.condition, 'firing')
  assert.ok(early.drafts.every(({ step }) => step === 'firing' || step === 'refiring'))
}

function walk(rule: Pacing, node: Node, depth: number): number {
  if (depth === DEPTH) return 0
  if (rule.of === undefined && rule.forMs === 0) checkEarly(rule, node, (depth + 1) * 1000)
  return ticks[depth]!.reduce(
    (count, tick) => count + 1 + walk(rule, check(rule, node, tick), depth + 1),
    0,
  )
}

for (const [title, pacing] of Object.entries(parameters)) {
  test(`[A24] all sequences of ${DEPTH} ticks keep M1 to M6 and M9: ${title}`, () => {
    const count = walk({ ...pacing, hopMs: 1000 }, { state: newInstance('f'), path: start }, 0)

    assert.equal(count, (5 ** (DEPTH + 1) - 5) / 4)
  })
}
