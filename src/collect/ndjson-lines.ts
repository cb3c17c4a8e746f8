/** One line of a file or stream, without its line feed. */
export type SourceLine = {
  /** Valid until the next line is asked for; absent where the line was longer than the bound. */
  readonly bytes: Uint8Array | undefined
  /** From 1. */
  readonly number: number
  /** Where the next line begins, in bytes from the beginning of the (unpacked) input. */
  readonly next: number
  /** Length without the line feed. */
  readonly length: number
  /** False for the last line of an input that does not end in a line feed. */
  readonly isComplete: boolean
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/**
 * Cuts chunks of bytes into lines over any chunk border. At most `lineBytesMax` bytes are kept: a
 * longer line is passed over without being stored and told by its length alone.
 */
export class NdjsonLines {
  readonly #lineBytesMax: number
  readonly #kept: Uint8Array
  #keptLength = 0
  #length = 0
  #number: number
  #next: number

  constructor(options: { lineBytesMax: number; number?: number; next?: number }) {
    this.#lineBytesMax = options.lineBytesMax
    this.#kept = new Uint8Array(options.lineBytesMax)
    this.#number = options.number ?? 0
    this.#next = options.next ?? 0
  }

  /** Bytes of the line that is not over yet. */
  get pendingBytes(): number {
    return this.#length
  }

  /** The lines that this chunk completes. It must be read to its end before the next push. */
  *push(chunk: Uint8Array): Generator<SourceLine> {
    let from = 0
    while (from < chunk.length) {
      const feed = chunk.indexOf(LINE_FEED, from)
      if (feed < 0) break
      const isWhole = this.#length === 0
      const part = chunk.subarray(from, feed)
      if (!isWhole) this.#keep(part)
      else this.#length = part.length
      this.#next += this.#length + 1
      yield this.#line(isWhole ? part : this.#kept.subarray(0, this.#keptLength), true)
      from = feed + 1
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from))
  }

  /** The last line where no line feed ends it. */
  *end(): Generator<SourceLine> {
    if (this.#length === 0) return
    this.#next += this.#length
    yield this.#line(this.#kept.subarray(0, this.#keptLength), false)
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length
    if (this.#length > this.#lineBytesMax) {
      this.#keptLength = 0
      return
    }
    this.#kept.set(part, this.#keptLength)
    this.#keptLength += part.length
  }

  #line(bytes: Uint8Array, isComplete: boolean): SourceLine {
    const length = this.#length
    const isKept = length <= this.#lineBytesMax
    this.#length = 0
    this.#keptLength = 0
    this.#number++
    const trimmed = bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes
    return {
      bytes: isKept ? trimmed : undefined,
      number: this.#number,
      next: this.#next,
      length,
      isComplete,
    }
  }
}

/** True for a line that holds nothing but blanks, which is no row at all. */
export function isBlankLine(bytes: Uint8Array): boolean {
  for (const byte of bytes)
    if (byte !== 0x20 && byte !== 0x09 && byte !== CARRIAGE_RETURN) return false
  return true
}
