import type { RuleSpec } from '../../model/monitor.ts'

/** How many instances each rule may have at once (A85): those above are refused and counted. */
export class InstanceBudget {
  readonly #heldByRule = new Map<string, number>()
  refused = 0

  /** Room for one more instance; false where the rule has as many as it may. */
  take({ id, instancesMax }: RuleSpec): boolean {
    const held = this.#heldByRule.get(id) ?? 0
    if (held >= instancesMax) {
      this.refused++
      return false
    }
    this.#heldByRule.set(id, held + 1)
    return true
  }

  giveBack({ id }: RuleSpec): void {
    this.#heldByRule.set(id, (this.#heldByRule.get(id) ?? 1) - 1)
  }
}
