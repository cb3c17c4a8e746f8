import type { ByteReader, ByteWriter } from '../std/bytes.ts'

/**
 * How one kind of aggregate starts, merges and travels: a commutative monoid (P3). `merge` writes
 * into its first argument and returns it; `from` is only read, and nothing of it is kept.
 */
export type Sketch<S> = {
  readonly merge: (into: S, from: Readonly<S>) => S
  /** Appends the payload; equal states write equal bytes. */
  readonly write: (writer: ByteWriter, state: Readonly<S>) => void
  /** Undefined for bytes that no `write` of this version made. */
  readonly read: (reader: ByteReader, version: number) => S | undefined
}
