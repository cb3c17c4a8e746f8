import { utf8, utf8Text } from '../../std/bytes.ts'

// What members of a group tell each other, in the layout of Kafka's own consumers:
//   subscription: i16 version · [topic] · bytes userData · [topic · [i32 partition]] owned (v1)
//                 i32 generation (v2)
//   assignment:   i16 version · [topic · [i32 partition]] · bytes userData

/** Partitions by topic. */
export type PartitionsByTopic = ReadonlyMap<string, readonly number[]>

export type Subscription = {
  readonly topics: readonly string[]
  readonly owned: PartitionsByTopic
  /** −1 where the member does not say it. */
  readonly generation: number
}

export function encodeSubscription({ topics, owned, generation }: Subscription): Uint8Array {
  const out: number[] = []
  i16(out, 2)
  i32(out, topics.length)
  for (const topic of topics) text(out, topic)
  i32(out, -1)
  byTopic(out, owned)
  i32(out, generation)
  return Uint8Array.from(out)
}

/**
 * Reads what any version says; undefined where it is no subscription. The last fields of a version
 * may be missing: there are writers that name a version and write the first one's layout.
 */
export function decodeSubscription(bytes: Uint8Array): Subscription | undefined {
  const from = new GroupReader(bytes)
  const version = from.i16()
  const topics = from.list(() => from.text())
  from.skipBytes()
  const owned = version >= 1 && from.hasMore ? from.byTopic() : new Map<string, readonly number[]>()
  const generation = version >= 2 && from.hasMore ? from.i32() : -1
  return from.ok ? { topics, owned, generation } : undefined
}

export function encodeAssignment(partitions: PartitionsByTopic): Uint8Array {
  const out: number[] = []
  i16(out, 0)
  byTopic(out, partitions)
  i32(out, -1)
  return Uint8Array.from(out)
}

/** Undefined where it is no assignment; no bytes at all are an empty one. */
export function decodeAssignment(bytes: Uint8Array): PartitionsByTopic | undefined {
  if (bytes.length === 0) return new Map()
  const from = new GroupReader(bytes)
  from.i16()
  const partitions = from.byTopic()
  return from.ok ? partitions : undefined
}

function i16(out: number[], value: number): void {
  out.push((value >> 8) & 255, value & 255)
}

function i32(out: number[], value: number): void {
  for (const shift of [24, 16, 8, 0]) out.push((value >>> shift) & 255)
}

function text(out: number[], value: string): void {
  const bytes = utf8(value)
  i16(out, bytes.length)
  out.push(...bytes)
}

function byTopic(out: number[], partitions: PartitionsByTopic): void {
  i32(out, partitions.size)
  for (const [topic, numbers] of partitions) {
    text(out, topic)
    i32(out, numbers.length)
    for (const number of numbers) i32(out, number)
  }
}

/** Past the end `ok` turns false and every read answers nothing. */
class GroupReader {
  readonly #bytes: Uint8Array
  #at = 0
  ok = true

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get hasMore(): boolean {
    return this.#at < this.#bytes.length
  }

  i16(): number {
    return (this.#number(2) << 16) >> 16
  }

  i32(): number {
    return this.#number(4) | 0
  }

  text(): string {
    return this.#text(this.i16())
  }

  list<T>(read: () => T): T[] {
    const length = this.i32()
    const items: T[] = []
    for (let left = length; left > 0 && this.ok; left--) items.push(read())
    return items
  }

  byTopic(): PartitionsByTopic {
    return new Map(this.list(() => [this.text(), this.list(() => this.i32())] as const))
  }

  skipBytes(): void {
    const length = this.i32()
    if (length > 0) this.#take(length)
  }

  #text(length: number): string {
    const bytes = this.#take(length)
    try {
      return utf8Text(bytes)
    } catch (error) {
      this.ok = this.ok && !(error instanceof TypeError)
      return ''
    }
  }

  #number(size: number): number {
    return this.#take(size).reduce((value, byte) => value * 256 + byte, 0)
  }

  #take(size: number): Uint8Array {
    const end = this.#at + size
    if (size < 0 || end > this.#bytes.length) this.ok = false
    if (!this.ok) return new Uint8Array(0)
    const bytes = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return bytes
  }
}
