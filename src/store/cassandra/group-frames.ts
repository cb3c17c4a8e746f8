import type { Buffer } from 'node:buffer'
import type { WindowResult } from '../../model/window-result.ts'
import { fnv1a64 } from '../../std/hash.ts'
import { cqlValue } from './cql-writer.ts'
import { windowTail, type WindowTail } from './window-value.ts'

/** Groups remembered at once; beyond it all are made again. */
const FRAMES_MAX = 200_000

/** What all windows of one group share, as bytes made once. */
export type GroupFrame = {
  readonly stem: string
  readonly definition: string
  readonly tail: WindowTail
  readonly hash: number
  readonly monitor: Buffer
  readonly scope: Buffer
  readonly grp: Buffer
  /** When this writer told the directory of it; written by the directory alone. */
  toldAt: number
}

/** Equal groups give equal texts, whatever the order of their names. */
export const groupText = (group: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(group).sort(([a], [b]) => (a < b ? -1 : 1))))

/**
 * Which group it is, in 53 bits, so that it is a number in JavaScript and in a column of doubles:
 * of 100,000 groups of a monitor two are equal with odds of one in two million.
 */
export function groupHash(scope: string, grp: string): number {
  const hex = fnv1a64([scope, '\0', grp])
  return Number.parseInt(hex.slice(0, 8), 16) * 2 ** 21 + (Number.parseInt(hex.slice(8), 16) >>> 11)
}

/** The frames of the groups that one writer meets. */
export class GroupFrames {
  #frames = new Map<string, GroupFrame>()

  of(window: WindowResult): GroupFrame {
    const stem = window.id.slice(0, window.id.lastIndexOf('|'))
    const known = this.#frames.get(stem)
    // Another definition may name the same values otherwise.
    if (known !== undefined && known.definition === window.definition) return known
    const grp = groupText(window.group)
    const frame = {
      stem,
      definition: window.definition,
      tail: windowTail({ definition: window.definition, stem }),
      hash: groupHash(window.scope, grp),
      monitor: cqlValue.text(window.monitor),
      scope: cqlValue.text(window.scope),
      grp: cqlValue.text(grp),
      toldAt: -Infinity,
    }
    if (this.#frames.size >= FRAMES_MAX) this.#frames = new Map()
    this.#frames.set(stem, frame)
    return frame
  }

  forget(): void {
    this.#frames = new Map()
  }
}
