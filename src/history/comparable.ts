import { compileNumber } from '../alert/compile-expression.ts'
import { namesIn } from '../alert/names-in.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import { aggregateState, type AggregateState } from '../sketch/aggregate-state.ts'
import type { RollUp } from '../model/roll-up.ts'
import type { WindowResult } from '../model/window-result.ts'

/** Reads one named number of stored rows so that it can be compared with a window's (H4). */
export class Comparable {
  readonly #spec: MonitorSpec
  readonly #place: number
  /** Which aggregates it is made of. */
  readonly #needed: readonly boolean[]
  /** Of a named value: from the aggregates' numbers. */
  readonly #derive: ((slots: Float64Array) => number) | undefined

  constructor(spec: MonitorSpec, name: string) {
    this.#spec = spec
    const slots = new Map(spec.aggregates.map((aggregate, slot) => [aggregate.name, slot]))
    const value = spec.values.find((each) => each.name === name)
    this.#derive = value && compileNumber(value.expression, slots)
    this.#place = slots.get(name) ?? -1
    const read = value === undefined ? [name] : namesIn(value.expression)
    this.#needed = spec.aggregates.map((aggregate) => read.includes(aggregate.name))
  }

  /**
   * The number of one row, NaN where it is not defined. A minute's sums and counts are taken for as
   * long as a window is, and named values are made of them again.
   */
  ofRow(row: WindowResult | RollUp): number {
    const { aggregates, window } = this.#spec
    const { values, start, end } = row
    const scale = 'tier' in row ? window.sizeMs / (end - start) : 1
    return this.#of(
      Float64Array.from(aggregates, ({ name, kind }) => {
        const value = Object.hasOwn(values, name) ? values[name]! : NaN
        return kind === 'sum' || kind === 'count' ? value * scale : value
      }),
    )
  }

  /** The number of many roll-ups as one window, by their states; NaN where one cannot be read. */
  merging(): { add(rollUp: RollUp): void; result(): number } {
    const { aggregates } = this.#spec
    const states: (AggregateState | undefined)[] = aggregates.map(aggregateState.zero)
    return {
      add: (rollUp) => {
        aggregates.forEach((spec, i) => {
          if (this.#needed[i] === false) return
          const [into, from] = [states[i], rollUp.states[i]]
          const read = from && aggregateState.decode(spec, from)
          states[i] = into && read && aggregateState.merge(spec, into, read)
        })
      },
      result: () =>
        this.#of(
          Float64Array.from(aggregates, (spec, i) => {
            const state = states[i]
            return (state && aggregateState.result(spec, state)) ?? NaN
          }),
        ),
    }
  }

  #of(slots: Float64Array): number {
    const value = this.#derive === undefined ? slots[this.#place]! : this.#derive(slots)
    return Number.isFinite(value) ? value : NaN
  }
}
