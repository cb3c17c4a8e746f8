import { encodeProduce } from '../../../wire/kafka/produce-codec.ts'
import type { Cluster } from '../cluster.ts'
import type { BrokerConnection, ProduceAnswer } from '../driver.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { WaitingBatch } from './waiting-batch.ts'

/** A batch on its way, and the queue that it came from. */
export type Sent = {
  readonly queue: PartitionQueue
  readonly batch: WaitingBatch
  readonly bytes: Uint8Array
}

/** What became of one batch: Kafka's code, 0 for taken, −1 where nobody knows. */
export type Verdict = { readonly code: number; readonly said?: string; readonly error?: unknown }

/** The one connection to a broker that appends go by, so that they arrive in order. */
export class BrokerLane {
  readonly #cluster: Cluster
  readonly #node: number
  #connection: Promise<BrokerConnection> | undefined
  underWay = 0

  constructor(cluster: Cluster, node: number) {
    this.#cluster = cluster
    this.#node = node
  }

  /** Sends one request; answers what became of each batch, and never rejects. */
  async send(sent: readonly Sent[], timeoutMs: number): Promise<ReadonlyMap<Sent, Verdict>> {
    this.underWay++
    try {
      const connection = await this.#connected()
      const batches = sent.map(({ queue, bytes }) => {
        const { topic, partition } = queue
        return { topic, partition, bytes }
      })
      return verdicts(sent, await connection.produce(encodeProduce(batches, timeoutMs)))
    } catch (error) {
      await this.#drop()
      return new Map(sent.map((one) => [one, { code: -1, error }]))
    } finally {
      this.underWay--
    }
  }

  /** A connection that has ended is replaced, but only once nothing is expected from it. */
  async #connected(): Promise<BrokerConnection> {
    const there = this.#connection
    if (there !== undefined && (await there).isOpen) return there
    if (this.#connection === there) this.#connection = this.#cluster.connect(this.#node)
    return this.#connection ?? this.#connected()
  }

  async #drop(): Promise<void> {
    const there = this.#connection
    this.#connection = undefined
    await there?.then(
      (connection) => connection.close(),
      () => undefined,
    )
  }
}

function verdicts(sent: readonly Sent[], answer: ProduceAnswer): ReadonlyMap<Sent, Verdict> {
  const found = new Map<string, Verdict>()
  for (const { name, partitionResponses } of answer.responses) {
    for (const { index, errorCode, errorMessage } of partitionResponses) {
      const said = errorMessage ? { said: errorMessage } : {}
      found.set(`${name}/${index}`, { code: errorCode, ...said })
    }
  }
  const missing = { code: -1 }
  return new Map(
    sent.map((one) => {
      const { topic, partition } = one.queue
      return [one, found.get(`${topic}/${partition}`) ?? missing]
    }),
  )
}
