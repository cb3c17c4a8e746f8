import { utf8 } from '../../../src/std/bytes.ts'
import type { Outside } from './outside.ts'
import type { Post } from './rows.ts'

const RETRY_MS = 600

/** Somebody who appends bytes to `readings` beside all collectors, rows or not. */
export class Foreigner {
  /** Lines that were acknowledged. */
  readonly acked: string[] = []
  readonly #outside: Outside
  readonly #posts: readonly Post[]

  constructor(outside: Outside, posts: readonly Post[]) {
    this.#outside = outside
    this.#posts = posts
  }

  async run(): Promise<void> {
    for (const { atMs, lines } of this.#posts) {
      await this.#outside.until(atMs)
      while (!(await this.#append(lines))) await this.#outside.wait(RETRY_MS)
      this.acked.push(...lines)
    }
  }

  async #append(lines: readonly string[]): Promise<boolean> {
    const { process } = this.#outside
    if (process?.log === undefined) return false
    const rows = lines.map((line) => ({ value: utf8(line) }))
    const appended = process.log.append('readings', rows).then(
      () => true,
      () => false,
    )
    return (await Promise.race([appended, process.ended])) ?? false
  }
}
