import { createHash } from 'node:crypto'
import type { Scheduler } from './scheduler.ts'

/** What happened in a world, in order, as one digest: two runs of one seed have the same. */
export class Trace {
  readonly #hash = createHash('sha256')
  readonly #scheduler: Scheduler
  readonly #print: ((line: string) => void) | undefined

  constructor(scheduler: Scheduler, print?: (line: string) => void) {
    this.#scheduler = scheduler
    this.#print = print
  }

  note(line: string): void {
    const dated = `${this.#scheduler.nowUs} ${line}\n`
    this.#hash.update(dated)
    this.#print?.(dated)
  }

  /** To be asked once, at the end. */
  digest(): string {
    return this.#hash.digest('hex').slice(0, 16)
  }
}
