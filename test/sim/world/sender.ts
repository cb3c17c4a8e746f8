import { NocturneError } from '../../../src/model/nocturne-error.ts'
import type { Prng } from '../../../src/std/prng.ts'
import { utf8 } from '../../../src/std/bytes.ts'
import type { Outside } from './outside.ts'
import type { SenderPlan } from './scenario.ts'

const RETRY_MS = 400
const ON_THE_WAY_MS = 5
const ANSWER_LOST_SHARE = 0.02
/** A whole post is now and then sent a second time although it was taken. */
const TWICE_SHARE = 0.03

/**
 * A site's collector: posts in order, the next one once the last was taken, and tries again where
 * it was not, or where nobody said.
 */
export class Sender {
  readonly site: string
  /** Lines that were acknowledged. */
  readonly acked: string[] = []
  /** Whether the way to the process is cut; what waits is sent when it is whole again. */
  isCut = false
  readonly #plan: SenderPlan
  readonly #outside: Outside
  readonly #random: Prng

  constructor(outside: Outside, plan: SenderPlan, random: Prng) {
    this.#outside = outside
    this.#plan = plan
    this.#random = random
    this.site = plan.site
  }

  async run(): Promise<void> {
    const outside = this.#outside
    const random = this.#random
    for (const { atMs, lines, isNumbered } of this.#plan.posts) {
      await outside.until(atMs)
      while (!(await this.#post(lines))) await outside.wait(RETRY_MS + random.below(RETRY_MS))
      if (isNumbered && random.next() < TWICE_SHARE && (await this.#post(lines))) {
        outside.tally.add('post sent twice')
      }
    }
  }

  async #post(lines: readonly string[]): Promise<boolean> {
    const outside = this.#outside
    if (this.isCut) return this.#isLost('post cut off')
    await outside.wait(this.#random.below(ON_THE_WAY_MS))
    const { process } = outside
    if (process?.http === undefined) return false
    const body = utf8(lines.join('\n'))
    const request = { contentType: 'application/x-ndjson', contentEncoding: undefined, body }
    const posting = process.http.post(request).catch(failureOf)
    const answer = await Promise.race([posting, process.ended])
    if (answer === undefined) return this.#isLost('post to a process that ended')
    if (answer instanceof NocturneError) return this.#isLost(`post met ${answer.code}`)
    if (answer.status === 429) return this.#isLost('post refused for now')
    if (answer.status !== 202 || !('accepted' in answer.body)) {
      throw new Error(`a post was answered ${answer.status}`)
    }
    if (this.#random.next() < ANSWER_LOST_SHARE) return this.#isLost('answer lost')
    const refused = new Set(answer.body.rejected.map(({ line }) => line))
    this.acked.push(...lines.filter((_, i) => !refused.has(i + 1)))
    return true
  }

  #isLost(why: string): false {
    this.#outside.tally.add(why)
    return false
  }
}

/** What the server answers with a status of its own (503 and the like). */
function failureOf(error: unknown): NocturneError {
  if (error instanceof NocturneError) return error
  throw error
}
