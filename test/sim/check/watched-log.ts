import type {
  Claim,
  GroupSpec,
  Log,
  LogBatch,
  LogRecord,
  Position,
  ReadOptions,
  TopicSpec,
} from '../../../src/log/log.ts'
import type { Life } from '../core/scheduler.ts'
import type { Ledger } from './ledger.ts'

/** A log that tells a ledger what was promised to whom. */
export class WatchedLog implements Log {
  readonly #log: Log
  readonly #life: Life
  readonly #ledger: Ledger

  constructor(log: Log, life: Life, ledger: Ledger) {
    this.#log = log
    this.#life = life
    this.#ledger = ledger
  }

  createTopic(spec: TopicSpec): Promise<void> {
    return this.#log.createTopic(spec)
  }

  async append(topic: string, rows: readonly LogRecord[]): Promise<void> {
    const copies = rows.map(copyOf)
    await this.#log.append(topic, rows)
    if (!this.#life.isOver) this.#ledger.acked(topic, copies)
  }

  claims(group: GroupSpec, signal: AbortSignal): AsyncIterable<Claim> {
    return this.#log.claims(group, signal)
  }

  position(claim: Claim): Promise<Position> {
    return this.#log.position(claim)
  }

  async *read(claim: Claim, options: ReadOptions): AsyncGenerator<LogBatch> {
    for await (const batch of this.#log.read(claim, options)) {
      if (!this.#life.isOver) this.#ledger.delivered(claim.group, batch)
      yield batch
    }
  }

  async commit(claim: Claim, offset: number, note?: string): Promise<void> {
    const { topic, partition, group = '' } = claim
    if (!this.#life.isOver) this.#ledger.commit({ group, topic, partition, offset })
    await this.#log.commit(claim, offset, note)
  }

  ends(topic: string): ReturnType<Log['ends']> {
    return this.#log.ends(topic)
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}

const copyOf = ({ key, value, ...rest }: LogRecord): LogRecord => ({
  ...rest,
  ...(key === undefined ? {} : { key: key.slice() }),
  ...(value === undefined ? {} : { value: value.slice() }),
})
