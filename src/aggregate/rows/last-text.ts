/** The text that was met last in one buffer: whether another one has the same bytes. */
export class LastText {
  readonly #view: DataView
  #start = 0
  #length = -1

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#view = new DataView(buffer, byteOffset, byteLength)
  }

  /** By words, the last of which may overlap; first of all that one, where names differ. */
  isAgain(start: number, length: number): boolean {
    if (length !== this.#length) return false
    const view = this.#view
    const before = this.#start
    if (length < 4) {
      for (let i = 0; i < length; i++) {
        if (view.getUint8(start + i) !== view.getUint8(before + i)) return false
      }
      return true
    }
    const last = length - 4
    if (view.getInt32(start + last) !== view.getInt32(before + last)) return false
    for (let i = 0; i < last; i += 4) {
      if (view.getInt32(start + i) !== view.getInt32(before + i)) return false
    }
    return true
  }

  keep(start: number, length: number): void {
    this.#start = start
    this.#length = length
  }
}
