import { NdjsonLines } from '../../../src/collect/ndjson-lines.ts'
import type { TailChunk, TailOptions } from '../../../src/collect/tail-source.ts'
import { readingLimits } from '../../../src/model/reading.ts'
import { utf8 } from '../../../src/std/bytes.ts'
import type { Prng } from '../../../src/std/prng.ts'
import type { Outside } from './outside.ts'
import type { Post } from './rows.ts'

const POLL_MS = 250
const READ_BYTES = 900
const INODE = 7

/** A file that another program writes to, now and then in the middle of a line. */
export class TailFile {
  #bytes = new Uint8Array(0)

  /** Writes lines as they are due, to the end. */
  async writeFrom(posts: readonly Post[], outside: Outside, random: Prng): Promise<void> {
    for (const { atMs, lines } of posts) {
      await outside.until(atMs)
      const bytes = utf8(lines.map((line) => `${line}\n`).join(''))
      const cut = random.below(bytes.length + 1)
      this.#append(bytes.subarray(0, cut))
      await outside.wait(random.below(300))
      this.#append(bytes.subarray(cut))
    }
  }

  /** Follows it as `tailLines` follows a real one. */
  async *follow(
    { clock, position, lineCount = 0 }: TailOptions,
    signal: AbortSignal,
  ): AsyncGenerator<TailChunk> {
    let at = position?.offset ?? 0
    const lines = new NdjsonLines({
      lineBytesMax: readingLimits.rowBytesMax,
      number: lineCount,
      next: at,
    })
    while (!signal.aborted) {
      const chunk = this.#bytes.subarray(at, at + READ_BYTES)
      at += chunk.length
      const isAtEnd = chunk.length === 0 && lines.pendingBytes === 0
      yield { lines: lines.push(chunk), inode: INODE, isAtEnd }
      if (chunk.length === 0) await clock.sleep(POLL_MS, signal)
    }
  }

  #append(bytes: Uint8Array): void {
    const grown = new Uint8Array(this.#bytes.length + bytes.length)
    grown.set(this.#bytes)
    grown.set(bytes, this.#bytes.length)
    this.#bytes = grown
  }
}
