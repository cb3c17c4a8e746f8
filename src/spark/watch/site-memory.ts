import type { Log } from '../../log/log.ts'
import { sparkMemory, type Remembered } from './remembered.ts'

/** The part of what is remembered that its watcher decides. */
export type SiteRecord = Omit<Remembered, 'v' | 'site' | 'published' | 'at'>

/** What one site's watcher leaves to the next one, as far as the log has it. */
export class SiteMemory {
  readonly #log: Log
  readonly #site: string
  #record: SiteRecord | undefined
  #published = ''

  constructor(log: Log, site: string, found: Remembered | undefined) {
    this.#log = log
    this.#site = site
    if (found === undefined) return
    const { session, hash, folder, n, query } = found
    this.#record = { session, hash, folder, n, ...(query !== undefined && { query }) }
  }

  get record(): SiteRecord | undefined {
    return this.#record
  }

  /** Resolves when it is durable: what is begun after that is found again. */
  async keep(record: SiteRecord, at: Told): Promise<void> {
    this.#record = record
    await this.published(at)
  }

  /** Keeps how far watermarks have come, where that is new. */
  async published(at: Told, isOnlyNew = false): Promise<void> {
    if (this.#record === undefined) return
    const published = [...at.marks]
    const text = published.join(';')
    if (isOnlyNew && text === this.#published) return
    const rest = { v: 1, site: this.#site, published, at: at.now } as const
    await sparkMemory.remember(this.#log, { ...rest, ...this.#record })
    this.#published = text
  }
}

type Told = { readonly marks: ReadonlyMap<number, number>; readonly now: number }
