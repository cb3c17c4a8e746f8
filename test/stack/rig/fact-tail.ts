import assert from 'node:assert/strict'
import type { FactRecord } from '../../../src/model/pane.ts'

type Line = { readonly offset: number; readonly at: number; readonly value: FactRecord }

const LIMIT = 10_000

/** What a process says of the past, read from its `panes` as people read them. */
export class FactTail {
  readonly #url: string
  readonly #next: number[]
  /** In the order of each partition, with when it was appended. */
  readonly facts: { readonly fact: FactRecord; readonly at: number }[] = []

  constructor(url: string, partitions: number) {
    this.#url = url
    this.#next = new Array<number>(partitions).fill(0)
  }

  /** Reads what has come since. */
  async look(): Promise<void> {
    for (const [partition, next] of this.#next.entries()) {
      const query = `topic=panes&partition=${partition}&from=${next}&limit=${LIMIT}`
      const answer = await fetch(`${this.#url}/api/tail?${query}`)
      assert.equal(answer.status, 200)
      for (const text of (await answer.text()).split('\n')) {
        if (text === '') continue
        const { offset, at, value } = JSON.parse(text) as Line
        this.#next[partition] = offset + 1
        if (value.site === 'history') this.facts.push({ fact: value, at })
      }
    }
  }

  /** What was said of a term last, by the group's first label. */
  newest(term: string): ReadonlyMap<string, number | null> {
    const byGroup = new Map<string, number | null>()
    for (const { fact } of this.facts) {
      const said = fact.facts[term]
      if (said !== undefined) byGroup.set(fact.group[0] ?? '', said)
    }
    return byGroup
  }
}
