import type { RulesCommand } from '../model/command.ts'
import type { MonitorSpec, RuleSpec } from '../model/monitor.ts'
import { fnv1a64 } from '../std/hash.ts'

/** Monitors whose parts have begun to come: more at a time are not kept (D5). */
const INCOMPLETE_MAX = 1000

/** FNV-1a-64 of the whole specification: equal ones judge alike. */
export const monitorHash = (monitor: MonitorSpec): string => fnv1a64([JSON.stringify(monitor)])

type Incomplete = { readonly hash: string; readonly parts: (readonly RuleSpec[] | undefined)[] }

/** Which monitors are in force after some commands of kind `rules`, by id (A75). */
export class RulesInForce {
  readonly #byId = new Map<string, MonitorSpec>()
  /** As commands said them; of monitors without a command they are worked out when asked for. */
  readonly #hashById = new Map<string, string>()
  readonly #incomplete = new Map<string, Incomplete>()

  constructor(monitors: readonly MonitorSpec[]) {
    this.assume(monitors)
  }

  /** Puts monitors in force without a command. */
  assume(monitors: readonly MonitorSpec[]): void {
    for (const monitor of monitors) {
      this.#byId.set(monitor.id, monitor)
      this.#hashById.delete(monitor.id)
    }
  }

  get monitors(): readonly MonitorSpec[] {
    return [...this.#byId.values()]
  }

  /** A monitor that is in force. */
  byId(id: string): MonitorSpec | undefined {
    return this.#byId.get(id)
  }

  /** Hash of a monitor that is in force. */
  hashOf(id: string): string | undefined {
    const monitor = this.#byId.get(id)
    return this.#hashById.get(id) ?? (monitor && monitorHash(monitor))
  }

  /** Whether the command changed what is in force. */
  apply(command: RulesCommand): boolean {
    const { target, hash, monitor } = command
    if (monitor === null) {
      this.#hashById.delete(target)
      return this.#byId.delete(target)
    }
    const rules = this.#gathered(command)
    if (rules === undefined || this.hashOf(target) === hash) return false
    this.#hashById.set(target, hash)
    this.#byId.set(target, { ...monitor, rules })
    return true
  }

  /** All rules once the last part is here. */
  #gathered({ target, hash, part, parts, rules }: RulesCommand): readonly RuleSpec[] | undefined {
    if (parts === 1) return rules
    let begun = this.#incomplete.get(target)
    if (begun === undefined || begun.hash !== hash) {
      if (this.#incomplete.size >= INCOMPLETE_MAX) this.#incomplete.clear()
      begun = { hash, parts: new Array<undefined>(Math.min(parts, INCOMPLETE_MAX)).fill(undefined) }
      this.#incomplete.set(target, begun)
    }
    begun.parts[part] = rules
    if (begun.parts.includes(undefined)) return undefined
    this.#incomplete.delete(target)
    return begun.parts.flatMap((each) => each ?? [])
  }
}
