/** The larger array with the smaller one's elements in front. */
export function copied<A extends Int32Array | Uint8Array | Uint32Array | Float64Array>(
  into: A,
  from: A,
): A {
  into.set(from)
  return into
}
