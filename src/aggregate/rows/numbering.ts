import type { Interner } from '../../std/interner.ts'

/** Dense numbers for a few names (sites, collectors) that outlive the string table's renewals. */
export class Numbering {
  readonly names: string[] = []
  readonly #numberByName = new Map<string, number>()
  readonly #numberById = new Map<number, number>()

  /** The number behind an interned string. */
  ofId(id: number, strings: Interner): number {
    const known = this.#numberById.get(id)
    if (known !== undefined) return known
    const number = this.ofName(strings.text(id))
    this.#numberById.set(id, number)
    return number
  }

  ofName(name: string): number {
    const known = this.#numberByName.get(name)
    if (known !== undefined) return known
    const number = this.names.push(name) - 1
    this.#numberByName.set(name, number)
    return number
  }

  /** Whether this name has a number already. */
  knows(name: string): boolean {
    return this.#numberByName.has(name)
  }

  /** The string table was renewed: ids mean other strings now. */
  forgetIds(): void {
    this.#numberById.clear()
  }
}
