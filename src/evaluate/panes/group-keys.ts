import type { Group } from '../../model/pane.ts'
import { Interner } from '../../std/interner.ts'
import type { BytesAt } from '../../wire/pane-cursor.ts'
import { paneKey } from '../../wire/pane-codec.ts'
import { readPaneKey } from '../../wire/read-pane-key.ts'

/** Keys known at once before they are numbered anew: bounds memory over weeks of groups (D5). */
const KEYS_MAX = 8_000_000

/** A monitor and a group, as the key of a pane names them. */
export type GroupKey = {
  readonly number: number
  readonly monitor: string
  readonly group: Group
}

/** Numbers the keys of panes, so that a pane finds its group without decoding its name. */
export class GroupKeys {
  #interner = new Interner(KEYS_MAX)
  #keys: (GroupKey | undefined)[] = []

  /** The key in these bytes; undefined where they are none. */
  at({ bytes, start, length }: BytesAt): GroupKey | undefined {
    const number = this.#interner.intern(bytes, start, length)
    const known = this.#keys[number]
    if (known !== undefined) return known
    const named = readPaneKey(bytes.subarray(start, start + length))
    if (named === undefined) return undefined
    // The same group written otherwise (another spacing, say) is the same group.
    const key = { ...named, number: this.numberOf(named.monitor, named.group) }
    this.#keys[number] = key
    return key
  }

  numberOf(monitor: string, group: Group): number {
    const bytes = paneKey(monitor, group)
    return this.#interner.intern(bytes, 0, bytes.length)
  }

  /** Whether few numbers are left: then those that are still held are to be asked for anew. */
  get isFull(): boolean {
    return this.#interner.size > KEYS_MAX - 2
  }

  /** Forgets all numbers. */
  clear(): void {
    this.#interner = new Interner(KEYS_MAX)
    this.#keys = []
  }
}
