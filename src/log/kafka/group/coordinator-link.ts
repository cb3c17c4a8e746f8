import type { Cluster } from '../cluster.ts'
import type { BrokerConnection } from '../driver.ts'

/** The connection to whoever coordinates one group, found again when it has moved. */
export class CoordinatorLink {
  readonly #cluster: Cluster
  readonly #group: string
  readonly #requestMs: number
  #opening: Promise<BrokerConnection> | undefined

  constructor(cluster: Cluster, group: string, requestMs: number) {
    this.#cluster = cluster
    this.#group = group
    this.#requestMs = requestMs
  }

  async open(): Promise<BrokerConnection> {
    const there = this.#opening
    if (there !== undefined) {
      const connection = await there.catch(() => undefined)
      if (connection?.isOpen === true) return connection
    }
    if (this.#opening === there) this.#opening = this.#find()
    return this.#opening ?? this.#find()
  }

  /** The coordinator is another by now, or does not answer: it is looked for anew. */
  drop(): void {
    const there = this.#opening
    this.#opening = undefined
    there?.then(
      (connection) => connection.close(),
      () => undefined,
    )
  }

  async #find(): Promise<BrokerConnection> {
    const node = await this.#cluster.coordinatorOf(this.#group)
    return this.#cluster.connect(node, this.#requestMs)
  }
}
