import type { CompiledRule } from '../alert/compile-rule.ts'
import type { JudgedWindow } from '../alert/judge.ts'
import { namesIn } from '../alert/names-in.ts'
import type { Expression } from '../model/expression.ts'
import type { EarlyTrial, Evidence } from './alerts/alert-instances.ts'
import { assert } from '../std/assert.ts'
import { isComplete } from './completeness.ts'
import type { GroupState, ScopeParts } from './group-state.ts'
import type { SourceTable } from './source-table.ts'
import { revisionOf } from './window-maker.ts'
import type { WindowMerge } from './window-merge.ts'

/**
 * The open windows of a scope on trial, one after the other (V3). What the rules' `when` asks is
 * sums, counts and extrema, which merge in no time; the rest is merged when one of them holds.
 */
export class EarlyWindow implements EarlyTrial {
  readonly #parts: ScopeParts
  readonly #sources: SourceTable
  readonly #merge: WindowMerge
  readonly #whenNeeds: readonly number[]
  readonly #gateNeeds: readonly number[]
  #state: GroupState | undefined
  #hasGate = false
  #wall = 0
  end = 0

  constructor(parts: ScopeParts, sources: SourceTable, merge: WindowMerge) {
    this.#parts = parts
    this.#sources = sources
    this.#merge = merge
    const early = parts.rules.rules.filter(({ spec }) => spec.early)
    const whens = early.flatMap(({ spec }) => spec.levels.map(({ when }) => when))
    const gates = early.flatMap(({ spec }) => (spec.gate === undefined ? [] : [spec.gate]))
    this.#whenNeeds = aggregatesIn(whens, parts)
    this.#gateNeeds = aggregatesIn(gates, parts).filter((i) => !this.#whenNeeds.includes(i))
  }

  /** Puts the group's window that ends here on trial. */
  begin(state: GroupState, end: number, wall: number): this {
    this.#state = state
    this.#hasGate = false
    this.#wall = wall
    this.end = end
    this.#merge.gather(state.panes, end).some(this.#whenNeeds)
    return this
  }

  holds({ levels }: CompiledRule): boolean {
    const { values } = this.#merge
    const { texts } = this.#onTrial
    return levels.some(({ when }) => when(values, texts) === 'true')
  }

  window(): JudgedWindow {
    if (!this.#hasGate) this.#merge.some(this.#gateNeeds)
    this.#hasGate = true
    const { sizeMs } = this.#parts.monitor.spec.window
    const span = { start: this.end - sizeMs, end: this.end }
    const { rows, values } = this.#merge
    return {
      end: this.end,
      rev: revisionOf(rows, { reported: this.#reported(), closed: false }),
      closed: false,
      complete: isComplete(this.#sources, this.#onTrial, span),
      rows,
      rowsAt: undefined,
      values,
      texts: this.#onTrial.texts,
    }
  }

  evidence(): Evidence {
    this.#merge.all()
    const stderr = this.#merge.namedErrors(this.#merge.errorBars())
    const receipt = { ...this.#merge.receipt(), closed: null, fired: this.#wall }
    return {
      value: this.#merge.named(),
      ...(stderr === undefined ? {} : { stderr }),
      receipt,
    }
  }

  get #onTrial(): GroupState {
    assert(this.#state !== undefined, 'begin comes first')
    return this.#state
  }

  #reported(): number {
    const { sizeMs, latenessMs } = this.#parts.monitor.spec.window
    const span = { start: this.end - sizeMs, end: this.end, closesAt: this.end + latenessMs }
    return this.#sources.coverage(this.#parts.scope, span).reported
  }
}

/** Places of the aggregates that these conditions name. */
function aggregatesIn(
  conditions: readonly Expression[],
  { monitor }: ScopeParts,
): readonly number[] {
  const names = new Set(conditions.flatMap(namesIn))
  return monitor.spec.aggregates.flatMap(({ name }, i) => (names.has(name) ? [i] : []))
}
