type Column = Int32Array | Uint32Array | Uint8Array | Float64Array

/** A column of `size` cells that begins with those of a shorter one; the rest is 0. */
export function grown<A extends Column>(column: A, size: number): A {
  const larger = new (column.constructor as new (size: number) => A)(size)
  larger.set(column)
  return larger
}
