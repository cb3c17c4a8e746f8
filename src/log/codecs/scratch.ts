/** Memory up to this size is kept from call to call; more is taken anew and let go. */
const KEPT_BYTES_MAX = 4 * 1_048_576

/** Room for what one call makes, used again by the next. */
export class Scratch {
  #bytes = new Uint8Array(0)

  /** At least so many bytes, with whatever stood in them. */
  room(size: number): Uint8Array<ArrayBuffer> {
    if (size > KEPT_BYTES_MAX) return new Uint8Array(size)
    if (this.#bytes.length < size) {
      this.#bytes = new Uint8Array(Math.min(KEPT_BYTES_MAX, Math.max(size, 2 * this.#bytes.length)))
    }
    return this.#bytes
  }
}
