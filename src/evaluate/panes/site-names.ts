import { utf8Text } from '../../std/bytes.ts'
import { Interner } from '../../std/interner.ts'
import type { PaneCursor } from '../../wire/pane-cursor.ts'

/** Sites known at once (D5): panes of others are counted and not taken. */
const SITES_MAX = 10_000

/** The names of the sites in panes, each decoded once. */
export class SiteNames {
  readonly #interner = new Interner(SITES_MAX)
  readonly #names: string[] = []

  /** The site of a pane; undefined where it is no UTF-8, or one site too many. */
  at({ bytes, siteStart, siteLength }: PaneCursor): string | undefined {
    const number = this.#interner.intern(bytes, siteStart, siteLength)
    if (number < 0) return undefined
    const known = this.#names[number]
    if (known !== undefined) return known
    try {
      return (this.#names[number] = utf8Text(this.#interner.bytes(number)))
    } catch (error) {
      if (error instanceof TypeError) return undefined
      throw error
    }
  }
}
