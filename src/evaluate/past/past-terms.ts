import { historyTerms } from '../../alert/history-terms.ts'
import type { FactRecord } from '../../model/pane.ts'
import type { RuleSpec } from '../../model/monitor.ts'
import type { AlertInstances } from '../alerts/alert-instances.ts'
import { GroupPast, type PastDump } from './group-past.ts'

type Asked = {
  readonly text: string
  readonly slot: number
  /** Ids of the rules that hold it to its last number while they have an alert on (H6). */
  readonly frozenBy: ReadonlySet<string>
}

/** What all rules of a monitor ask of the past, and in which slots behind the values it lies. */
export class PastTerms {
  readonly #asked: readonly Asked[]
  readonly #texts: ReadonlySet<string>
  /** Slots by the text of a term. */
  readonly slots: ReadonlyMap<string, number>

  constructor(rules: readonly RuleSpec[], firstSlot: number) {
    const terms = [...historyTerms(rules)]
    this.#asked = terms.map(([text, { op }], i) => {
      const asking = rules.filter((rule) => historyTerms([rule]).has(text)).map(({ id }) => id)
      return { text, slot: firstSlot + i, frozenBy: new Set(op === 'base' ? asking : []) }
    })
    this.slots = new Map(this.#asked.map(({ text, slot }) => [text, slot]))
    this.#texts = new Set(this.slots.keys())
  }

  get count(): number {
    return this.#asked.length
  }

  /** Takes in what the past of a group was; alerts that are on hold a base to its last number. */
  note(past: GroupPast, said: FactRecord, alerts: AlertInstances): void {
    for (const { text, frozenBy } of this.#asked) {
      past.note(text, said, frozenBy.size > 0 && alerts.isOn(frozenBy))
    }
  }

  /** Fills the slots for the window that ends here, NaN where one is not known; are all known? */
  fill(values: Float64Array, past: GroupPast | undefined, end: number): boolean {
    let isWhole = true
    for (const { text, slot } of this.#asked) {
      const number = past?.at(text, end) ?? NaN
      values[slot] = number
      isWhole &&= number === number
    }
    return isWhole
  }

  /** What is known, by the texts of the terms: evidence beside the window's own values. */
  named(values: Float64Array): Readonly<Record<string, number>> {
    const known = this.#asked.filter(({ slot }) => Number.isFinite(values[slot]))
    return Object.fromEntries(known.map(({ text, slot }) => [text, values[slot]!]))
  }

  /** Margins that are 0 for the past: it is read as it is known (H7). */
  margins(margins: Float64Array): Float64Array {
    if (this.count === 0) return margins
    const all = new Float64Array(margins.length + this.count)
    all.set(margins)
    return all
  }

  /** The past of a group from a checkpoint, without what nobody asks any more. */
  loaded(dump: PastDump | undefined): GroupPast | undefined {
    if (dump === undefined || this.count === 0) return undefined
    const past = new GroupPast()
    past.load(dump.filter(([text]) => this.#texts.has(text)))
    return past
  }

  keepOf(past: GroupPast | undefined): GroupPast | undefined {
    past?.keep(this.#texts)
    return this.count === 0 ? undefined : past
  }
}
