import type { ProducerCounts } from './produce/batch-producer.ts'

/** What the adapter counts since it was opened. */
export class KafkaCounters implements ProducerCounts {
  /** Batches that brokers were asked to take once more, by Kafka's code or `connection`. */
  readonly againByReason = new Map<string, number>()
  /** Connections that could not be made, by code. */
  readonly failuresByReason = new Map<string, number>()
  /** Batches that may stand twice: brokers had lost what they knew of us. */
  uncertainCount = 0

  again(reason: string): void {
    this.againByReason.set(reason, (this.againByReason.get(reason) ?? 0) + 1)
  }

  failed(reason: string): void {
    this.failuresByReason.set(reason, (this.failuresByReason.get(reason) ?? 0) + 1)
  }

  uncertain(): void {
    this.uncertainCount++
  }
}
