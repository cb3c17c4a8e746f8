import { groupHash } from '../alert/group.ts'
import type { Notice } from '../model/notice.ts'

type Said = { readonly notice: Notice; readonly offset: number }

/**
 * What the notices of earlier owners said: read once at the start, asked while `transitions` are
 * read again, and empty from then on. `settled` holds, by partition of `transitions`, the offset
 * below which earlier owners had decided every step.
 */
export class SaidSteps {
  readonly settled: readonly number[]
  readonly #noticesByStep = new Map<string, Said[]>()
  readonly #lastByGroup = new Map<string, Said>()

  constructor(settled: readonly number[]) {
    this.settled = settled
  }

  add(notice: Notice, offset: number): void {
    const said = { notice, offset }
    for (const id of notice.steps) {
      const before = this.#noticesByStep.get(id)
      if (before === undefined) this.#noticesByStep.set(id, [said])
      else before.push(said)
    }
    this.#lastByGroup.set(groupHash(notice.receiver, notice.group), said)
  }

  /** The notices that cover a step: at most one a group. */
  noticesOf(stepId: string): readonly Said[] {
    return this.#noticesByStep.get(stepId) ?? []
  }

  lastOf(group: string): Said | undefined {
    return this.#lastByGroup.get(group)
  }

  forget(): void {
    this.#noticesByStep.clear()
    this.#lastByGroup.clear()
  }
}
