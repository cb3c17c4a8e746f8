import type { WindowResult } from '../../src/model/window-result.ts'

/** How far back ten thousand groups are asked for. */
export const MONITOR = 'delivery'
const WINDOW_MS = 10_000

type Frame = {
  readonly group: { readonly stream: string; readonly pop: string }
  readonly idPrefix: string
}

/** The closed windows of one monitor: `count` groups, each with five values. */
export class MonitorWindows {
  readonly #frames: readonly Frame[]

  constructor(count: number) {
    this.#frames = Array.from({ length: count }, (_, i) => {
      const group = { stream: `channel-${i}`, pop: `ams1-e${i % 24}` }
      const array = JSON.stringify(Object.values(group))
      return { group, idPrefix: `ams1|${MONITOR}|${array}|` }
    })
  }

  get count(): number {
    return this.#frames.length
  }

  groupOf(index: number): Frame['group'] {
    return this.#frames[index]!.group
  }

  /** Windows of the groups [from, to) that end here. */
  of(end: number, from: number, to: number): WindowResult[] {
    return this.#frames.slice(from, to).map(({ group, idPrefix }, i) => {
      const seed = (from + i) * 7_919 + (end / 1_000) * 104_729
      const rows = 380 + (seed % 61)
      return {
        v: 1,
        id: `${idPrefix}${end}`,
        scope: 'ams1',
        monitor: MONITOR,
        definition: '8c1f000000000000',
        group,
        start: end - WINDOW_MS,
        end,
        rev: rows * 4_096 + 9,
        closed: true,
        rows,
        values: {
          loss: (seed % 997) / 20_011,
          retrans: seed % 431,
          rtt_p95: 12 + (seed % 8_191) / 97,
          sessions: seed % 389,
          throughput: 3.2e6 + (seed % 65_521) * 13.7,
        },
        sources: { expected: 4, reported: 4, missing: [] },
        complete: true,
        corrected: false,
        receipt: { event: end - 129, read: end - 120, pane: end - 41, closed: end + 212 },
      }
    })
  }
}
