import { Buffer } from 'node:buffer'

const CHUNK_BYTES = 65_536

/**
 * Values as the protocol carries them, cut from shared chunks. The driver takes a Buffer for a
 * value as it is; its own way, a Buffer an element and a type looked up for each, takes five times
 * as long for a window. In a collection or a type every element has its length before it.
 */
export class CqlWriter {
  #bytes = Buffer.allocUnsafe(CHUNK_BYTES)
  #at = 0
  #from = 0

  /** Begins a value that may need this many bytes. */
  begin(bytesMax: number): void {
    if (this.#at + bytesMax > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, bytesMax))
      this.#at = 0
    }
    this.#from = this.#at
  }

  /** The bytes since `begin`: never written again. */
  end(): Buffer {
    return this.#bytes.subarray(this.#from, this.#at)
  }

  null(): void {
    this.int(-1)
  }

  /** A bare 32-bit integer: a length or a count. */
  int(value: number): void {
    this.#at = this.#bytes.writeInt32BE(value, this.#at)
  }

  long(value: number): void {
    this.int(8)
    this.#bare64(value)
  }

  longOrNull(value: number | null): void {
    if (value === null) this.null()
    else this.long(value)
  }

  flag(value: boolean): void {
    this.int(1)
    this.#bytes[this.#at++] = Number(value)
  }

  double(value: number): void {
    this.int(8)
    this.#at = this.#bytes.writeDoubleBE(value, this.#at)
  }

  /** Bytes that have their lengths already. */
  raw(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  text(value: string): void {
    const at = this.#at
    this.#at += 4
    this.#at += this.#bytes.write(value, this.#at)
    this.#bytes.writeInt32BE(this.#at - at - 4, at)
  }

  /** Begins an element whose length is known when it ends. */
  open(): number {
    this.#at += 4
    return this.#at
  }

  close(from: number): void {
    this.#bytes.writeInt32BE(this.#at - from, from - 4)
  }

  #bare64(value: number): void {
    const high = Math.floor(value / 2 ** 32)
    this.#at = this.#bytes.writeInt32BE(high, this.#at)
    this.#at = this.#bytes.writeUInt32BE(value - high * 2 ** 32, this.#at)
  }
}

/** A whole value by itself. */
export const cqlValue = {
  text: (value: string): Buffer => Buffer.from(value),
  int(value: number): Buffer {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeInt32BE(value)
    return bytes
  },
  long(value: number | bigint): Buffer {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeBigInt64BE(BigInt(value))
    return bytes
  },
}
