import type {
  Claim,
  GroupSpec,
  Log,
  LogBatch,
  LogGroups,
  LogRecord,
  Position,
  ReadOptions,
  TopicSpec,
} from '../../../src/log/log.ts'

/** A log whose topics and groups have names of their own, so that cases share one cluster. */
export class NamedApart implements Log, LogGroups {
  readonly #log: Log & LogGroups
  readonly #name: string

  constructor(log: Log & LogGroups, name: string) {
    this.#log = log
    this.#name = name
  }

  createTopic(spec: TopicSpec): Promise<void> {
    return this.#log.createTopic({ ...spec, topic: this.#apart(spec.topic) })
  }

  append(topic: string, rows: readonly LogRecord[]): Promise<void> {
    return this.#log.append(this.#apart(topic), rows)
  }

  claims(group: GroupSpec, signal: AbortSignal): AsyncIterable<Claim> {
    const topics = group.topics.map((topic) => this.#apart(topic))
    const named = group.group === undefined ? {} : { group: this.#apart(group.group) }
    return this.#log.claims({ ...group, ...named, topics }, signal)
  }

  position(claim: Claim): Promise<Position> {
    return this.#log.position(claim)
  }

  read(claim: Claim, options: ReadOptions): AsyncIterable<LogBatch> {
    return this.#log.read(claim, options)
  }

  commit(claim: Claim, offset: number, note?: string): Promise<void> {
    return this.#log.commit(claim, offset, note)
  }

  ends(topic: string): Promise<readonly { readonly start: number; readonly end: number }[]> {
    return this.#log.ends(this.#apart(topic))
  }

  async groups(): Promise<readonly string[]> {
    const prefix = this.#apart('')
    const all = await this.#log.groups()
    return all.flatMap((group) => (group.startsWith(prefix) ? [group.slice(prefix.length)] : []))
  }

  positions(group: string, topic: string): Promise<readonly (Position | undefined)[]> {
    return this.#log.positions(this.#apart(group), this.#apart(topic))
  }

  offsetsAt(topic: string, atMs: number): Promise<readonly number[]> {
    return this.#log.offsetsAt(this.#apart(topic), atMs)
  }

  moveTo(group: string, topic: string, offsets: readonly number[]): Promise<void> {
    return this.#log.moveTo(this.#apart(group), this.#apart(topic), offsets)
  }

  close(): Promise<void> {
    return this.#log.close()
  }

  #apart(name: string): string {
    return `${this.#name}.${name}`
  }
}
