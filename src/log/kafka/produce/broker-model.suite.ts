import { Reader, readRecordsBatch } from '@platformatic/kafka'

const TAKEN = 0
const OUT_OF_ORDER = 45
const UNKNOWN_PRODUCER = 59
/** So many batches of a producer a broker knows repeats of. */
const REMEMBERED = 5
const SEQUENCES = 2 ** 31

type Run = { readonly first: number; readonly last: number }

/**
 * One partition of a broker, by Kafka's rule for idempotent producers: a batch that is one of the
 * producer's last five is taken as a repeat; any other has to follow the last one. A producer that
 * the partition knows nothing of may begin anywhere, or at 0 alone, as brokers before 2.5 had it.
 */
export class BrokerModel {
  /** Values in the order in which they were appended. */
  readonly values: string[] = []
  readonly #isStrict: boolean
  #runs = new Map<bigint, Run[]>()

  constructor(isStrict: boolean) {
    this.#isStrict = isStrict
  }

  /** Kafka's code. */
  append(bytes: Uint8Array): number {
    const { producerId, firstSequence, lastOffsetDelta, records } = readRecordsBatch(
      Reader.from(Buffer.from(bytes)),
    )
    const last = (firstSequence + lastOffsetDelta) % SEQUENCES
    const runs = this.#runs.get(producerId)
    if (runs === undefined && this.#isStrict && firstSequence !== 0) return UNKNOWN_PRODUCER
    if (runs?.some((run) => run.first === firstSequence && run.last === last)) return TAKEN
    const newest = runs?.at(-1)
    if (newest && (newest.last + 1) % SEQUENCES !== firstSequence) return OUT_OF_ORDER
    const next = [...(runs ?? []), { first: firstSequence, last }]
    this.#runs.set(producerId, next.slice(-REMEMBERED))
    for (const { value } of records) this.values.push(String(value))
    return TAKEN
  }

  /** All that it knew of producers is gone. */
  forget(): void {
    this.#runs = new Map()
  }
}
