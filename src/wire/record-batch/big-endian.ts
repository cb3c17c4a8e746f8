/** Writes the low 32 bits of a number. */
export function putI32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** Writes an int64: the floor keeps the sign in the high half, `>>> 0` the low half unsigned. */
export function putI64(bytes: Uint8Array, at: number, value: number): void {
  putI32(bytes, at, Math.floor(value / 2 ** 32))
  putI32(bytes, at + 4, value >>> 0)
}
