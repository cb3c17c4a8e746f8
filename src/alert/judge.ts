import type { Severity } from '../model/monitor.ts'
import type { CompiledRule } from './compile-rule.ts'
import type { TextSlots, Truth } from './compile-expression.ts'
import { endsRead, heldAtBoth } from './bound.ts'
import { worseSeverity } from './severity.ts'
import type { NoVerdict, Tick, TickResult } from './tick.ts'

/** One window of one group, as a rule sees it. */
export type JudgedWindow = {
  readonly end: number
  readonly rev: number
  readonly closed: boolean
  /** V2: no silent source is missing that had rows of this group. */
  readonly complete: boolean
  /** Rows of the group in the window. */
  readonly rows: number
  /** End of the newest slice ≤ `end` with rows of the group, or the `from` of an expected one. */
  readonly rowsAt: number | undefined
  /** Up to here nobody watched the group's sources: silence is counted from there on (A18). */
  readonly unwatchedTo?: number
  /** Merged results by slot, NaN = undefined. Without rows: those of empty states (sums are 0). */
  readonly values: Float64Array
  /** Whether something that rules ask of the past is not known (H5). */
  readonly isPastUnknown?: boolean
  /** Half of each value's 95 % interval by slot, NaN = unknown (S5); absent: all are exact. */
  readonly margins?: Float64Array
  readonly texts: TextSlots
}

/** What earlier ticks left behind: which levels are on, and the last gate. */
export type Memory = { readonly triggers: number; readonly gateHeld: boolean }

type Judgement = {
  readonly result: TickResult
  readonly none?: NoVerdict
  readonly triggers: number
}

/**
 * From a window to its tick: the first line of A14–A18 that holds. Undefined only for an open
 * window that is no breach, or whose rule is not tried early (A15): there is no tick yet.
 */
export function judge(rule: CompiledRule, window: JudgedWindow, memory: Memory): Tick | undefined {
  if (!window.closed) return judgeEarly(rule, window, memory)
  const gate = rule.gate ? rule.gate(window.values, window.texts) : 'true'
  const judgement = judgeClosed(rule, window, { gate, triggers: memory.triggers })
  const isSilent = judgement.result !== 'error' && silent(rule, window, memory)
  const { end, rev, complete } = window
  const level = shownLevel(rule, judgement, isSilent)
  const gateHeld = gateTold(rule, window, gate)
  return {
    end,
    rev,
    early: false,
    complete,
    result: isSilent ? 'breach' : judgement.result,
    cause: isSilent ? 'absent' : 'threshold',
    ...(!isSilent && judgement.none && { none: judgement.none }),
    triggers: judgement.triggers,
    ...(level && { level }),
    data: isSilent ? 'nodata' : hasRowsAgain(rule, window) ? 'fresh' : 'same',
    ...(gateHeld !== undefined && { gateHeld }),
  }
}

/**
 * Whether a closed window changes nothing of an instance that is INACTIVE, FRESH and without
 * errors: what nearly every window says of nearly every rule, so it is told without a tick.
 */
export function isQuiet(rule: CompiledRule, window: JudgedWindow, memory: Memory): boolean {
  if (!window.closed || rule.canClearFail) return false
  // An end of an interval is read instead of the value (S6).
  if (rule.spec.bound !== undefined && window.margins !== undefined) return false
  const { values, texts } = window
  for (const { when } of rule.levels) {
    const holds = when(values, texts)
    if (holds === 'true' || holds === 'error') return false
  }
  const isArmed = rule.spec.absentAfterMs !== undefined
  if (rule.gate && (isArmed || rule.canGateFail)) {
    const gate = rule.gate(values, texts)
    if (gate === 'error' || memory.gateHeld !== (gateTold(rule, window, gate) ?? memory.gateHeld))
      return false
  }
  return !isArmed || !silent(rule, window, memory)
}

/** A15: only where a single breach opens; then the closed window's tick replaces this one. */
function judgeEarly(rule: CompiledRule, window: JudgedWindow, memory: Memory): Tick | undefined {
  const opensAtOnce = rule.of ? rule.of.m === 1 : rule.forMs === 0
  if (!rule.spec.early || !opensAtOnce || window.rows === 0) return undefined
  if (rule.gate && rule.gate(window.values, window.texts) !== 'true') return undefined
  let on = 0
  rule.levels.forEach(({ when }, i) => {
    if (when(window.values, window.texts) === 'true') on |= 1 << i
  })
  if (on === 0) return undefined
  const triggers = memory.triggers | on
  const level = highest(rule, triggers)
  const { end, rev, complete } = window
  return {
    end,
    rev,
    early: true,
    complete,
    result: 'breach',
    cause: 'threshold',
    triggers,
    ...(level && { level }),
    data: 'same',
  }
}

function judgeClosed(
  rule: CompiledRule,
  window: JudgedWindow,
  { gate, triggers }: { readonly gate: Truth; readonly triggers: number },
): Judgement {
  const none = (why: NoVerdict): Judgement => ({ result: 'none', none: why, triggers })
  if (window.rows === 0) {
    if (!window.complete) return none('partial')
    if (rule.spec.empty !== 'zero') return none('absent')
  }
  const levels = judgeLevels(rule, window, triggers)
  if (gate === 'error' || levels.result === 'error') return { result: 'error', triggers }
  if (gate === 'false') return none('few')
  const undefinedBy = window.isPastUnknown === true ? 'unknown' : 'empty'
  if (gate === 'unknown') return none(undefinedBy)
  if (levels.result === 'breach') return levels
  if (levels.result === 'none') return none(undefinedBy)
  // An incomplete window can confirm a breach, never its end.
  return window.complete ? levels : none('partial')
}

/**
 * A17: a level is on when its `when` is true, off when its `clear` is true, else as before; with a
 * bound `when` is read at one end of the interval, and `clear` has to be true at both (S6).
 */
function judgeLevels(rule: CompiledRule, window: JudgedWindow, before: number): Judgement {
  let triggers = before
  let isBreach = false
  let isUnknown = false
  const { texts } = window
  const [near, far] = endsRead(rule.spec.bound, window)
  for (const [i, { when, clear }] of rule.levels.entries()) {
    const bit = 1 << i
    const holds = when(near, texts)
    let ends = clear ? clear(near, texts) : negated(holds)
    if (far !== near) {
      ends = heldAtBoth(ends, clear ? clear(far, texts) : negated(when(far, texts)))
    }
    if (holds === 'error' || ends === 'error') return { result: 'error', triggers: before }
    isBreach ||= holds === 'true'
    // A level that is off and not breached needs no `clear`.
    isUnknown ||= holds === 'unknown' || (ends === 'unknown' && (before & bit) !== 0)
    if (holds === 'true') triggers |= bit
    else if (ends === 'true' && window.complete) triggers &= ~bit
  }
  if (isBreach) return { result: 'breach', triggers }
  if (isUnknown) return { result: 'none', triggers: before }
  return { result: triggers === 0 ? 'ok' : 'between', triggers }
}

const negated = (truth: Truth): Truth =>
  truth === 'true' ? 'false' : truth === 'false' ? 'true' : truth

function silent(rule: CompiledRule, window: JudgedWindow, memory: Memory): boolean {
  const { absentAfterMs } = rule.spec
  if (absentAfterMs === undefined || window.rowsAt === undefined || !window.complete) return false
  const quietFrom = Math.max(window.rowsAt, window.unwatchedTo ?? -Infinity)
  return window.end - quietFrom >= absentAfterMs && (!rule.gate || memory.gateHeld)
}

function hasRowsAgain({ spec }: CompiledRule, { end, rowsAt }: JudgedWindow): boolean {
  return (
    spec.absentAfterMs !== undefined && rowsAt !== undefined && end - rowsAt < spec.absentAfterMs
  )
}

/**
 * The gate that silence asks for is that of the last window whose newest hop has rows: a window
 * that keeps a last slice of a stream that has stopped would find too few and hide the silence.
 */
function gateTold(rule: CompiledRule, window: JudgedWindow, gate: Truth): boolean | undefined {
  const { end, rows, rowsAt } = window
  // Nobody asks where silence is not judged.
  if (!rule.gate || rule.spec.absentAfterMs === undefined) return undefined
  if (rows === 0 || rowsAt === undefined || end - rowsAt >= rule.hopMs) return undefined
  if (gate === 'true') return true
  return gate === 'false' && window.complete ? false : undefined
}

function shownLevel(
  rule: CompiledRule,
  judgement: Judgement,
  isSilent: boolean,
): Severity | undefined {
  const { result, triggers } = judgement
  const level = highest(rule, triggers)
  if (isSilent)
    return level ? worseSeverity(level, rule.spec.absentSeverity) : rule.spec.absentSeverity
  return result === 'breach' || result === 'between' ? level : undefined
}

/** The highest level that is on; levels rise with their place. */
function highest(rule: CompiledRule, triggers: number): Severity | undefined {
  return triggers === 0 ? undefined : rule.levels[31 - Math.clz32(triggers)]?.severity
}
