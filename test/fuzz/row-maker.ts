import { prng, type Prng } from '../../src/std/prng.ts'
import { rowParts, type Member, type ValueKind } from './row-parts.ts'

const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d

/** How a row looks but for its values. */
type Look = {
  /** As collectors write: canonical order behind `"v":1`, nothing twice. */
  readonly isPromised: boolean
  readonly isSpaced: boolean
  readonly members: readonly Member[]
}

/**
 * Writes rows by the grammar and a little beyond it: most can be read, many have something odd.
 * Half of them look like the one before but for their values, as the rows of one writer do.
 */
export class RowMaker {
  readonly random: Prng
  readonly #bytes: Uint8Array
  #look: Look
  #at = 0

  constructor(seed: number, bytes: Uint8Array) {
    this.random = prng(seed)
    this.#bytes = bytes
    this.#look = this.#freshLook()
  }

  /** Whether the row written last keeps the promise of a `v` row. */
  get isPromised(): boolean {
    return this.#look.isPromised
  }

  /** Writes a row at `from` and answers where it ends. */
  write(from: number): number {
    const { below } = this.random
    if (below(2) === 0) this.#look = this.#freshLook()
    const { isPromised, members } = this.#look
    this.#at = from
    if (isPromised) this.#put(rowParts.promise)
    else this.#putSpaced(OPEN)
    for (const [i, { name, kind }] of members.entries()) {
      if (i > 0 || isPromised) this.#putSpaced(COMMA)
      this.#put(name)
      this.#putSpaced(COLON)
      this.#putValue(kind)
    }
    this.#putSpaced(CLOSE)
    return this.#at
  }

  #freshLook(): Look {
    const { below } = this.random
    if (below(3) === 0) {
      const isKept = ({ kind }: Member): boolean =>
        kind === 'ts' || kind === 'stream' || below(5) === 0
      const members = [
        ...rowParts.known.filter(isKept),
        ...rowParts.unknown.filter(() => below(6) === 0),
      ]
      return { isPromised: true, isSpaced: false, members }
    }
    const members: Member[] = Array.from({ length: below(7) }, () => this.#anyMember())
    for (const member of rowParts.needed) {
      if (below(50) > 0) members.splice(below(members.length + 1), 0, member)
    }
    return { isPromised: false, isSpaced: below(4) === 0, members }
  }

  #anyMember(): Member {
    const { below } = this.random
    const names = below(30) === 0 ? rowParts.oddNames : rowParts.names
    const { name, kind } = names[below(names.length)]!
    // Now and then a text where a number is wanted, and the other way round.
    if (below(20) > 0 || kind === 'ts') return { name, kind }
    return { name, kind: kind === 'text' ? 'number' : 'text' }
  }

  #putValue(kind: ValueKind): void {
    const { below } = this.random
    if (below(40) === 0) return this.#put(rowParts.oddValues[below(rowParts.oddValues.length)]!)
    const isOdd = below(60) === 0
    if (kind === 'ts') {
      if (isOdd) return this.#put(rowParts.oddTimes[below(rowParts.oddTimes.length)]!)
      this.#put(rowParts.timeHead)
      return this.#putDigits(6)
    }
    const list = kind === 'stream' && isOdd ? rowParts.oddStreams : rowParts.texts[kind]
    if (list !== undefined) return this.#put(list[below(list.length)]!)
    this.#putNumber()
  }

  #putNumber(): void {
    const { below } = this.random
    if (below(12) === 0) this.#bytes[this.#at++] = MINUS
    if (below(4) === 0) this.#bytes[this.#at++] = ZERO
    else {
      this.#bytes[this.#at++] = ZERO + 1 + below(9)
      this.#putDigits(below(below(4) === 0 ? 18 : 6))
    }
    if (below(2) === 0) return
    this.#bytes[this.#at++] = POINT
    this.#putDigits(1 + below(below(6) === 0 ? 14 : 3))
  }

  #putDigits(count: number): void {
    for (let i = 0; i < count; i++) this.#bytes[this.#at++] = ZERO + this.random.below(10)
  }

  /** One byte, with blanks around it where the row has blanks. */
  #putSpaced(byte: number): void {
    const { below } = this.random
    const { isSpaced } = this.#look
    if (isSpaced && below(3) === 0) this.#put(rowParts.blanks[below(rowParts.blanks.length)]!)
    this.#bytes[this.#at++] = byte
    if (isSpaced && below(2) === 0)
      this.#put(rowParts.blanks[below(below(9) === 0 ? rowParts.blanks.length : 1)]!)
  }

  #put(piece: Uint8Array): void {
    for (let i = 0; i < piece.length; i++) this.#bytes[this.#at++] = piece[i]!
  }
}
