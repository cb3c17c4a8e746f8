import { readToEnd, type Log, type Offset } from '../log/log.ts'
import { bytesOf } from '../model/record-columns.ts'
import { utf8Text } from '../std/bytes.ts'
import { CheckpointReader, encodeCheckpoint, type Checkpoint } from './checkpoint.ts'

const TOPIC = 'checkpoints'

type Placed = { readonly partition: number; readonly slot: number }

/** What every reader's checkpoint says of offsets. */
export type CheckpointBase = {
  readonly epoch: number
  readonly offset: Offset
  readonly rebuildFrom: Offset
  readonly commandsTo: Offset
}

/** The checkpoints of one reader of `panes`, each of one partition, as they lie in the log. */
export class CheckpointLog<Body extends CheckpointBase> {
  readonly #reader: string

  constructor(reader: string) {
    this.#reader = reader
  }

  /**
   * The newest whole one that was not withdrawn. `from`: where it is said to begin; where a power
   * cut took that one, an older one does, which is looked for among all.
   */
  async read(log: Log, partition: number, from: Offset = 0): Promise<Body | undefined> {
    const reader = new CheckpointReader<Body>(this.#nameOf(partition))
    for await (const batch of readToEnd(log, { topic: TOPIC, partition: 0, from })) {
      const { keys, values } = batch
      for (let row = 0; row < batch.count; row++) {
        if (keys.lengths[row]! < 0) continue
        const key = bytesOf(keys, row)
        if (values.lengths[row]! < 0) reader.withdraw(key)
        else reader.take(key, bytesOf(values, row))
      }
    }
    const { found } = reader
    return found === undefined && from > 0 ? this.read(log, partition) : found
  }

  /** Appends one; answers from where on it is found. `slot` is 0 or 1, in turns. */
  async append(log: Log, { partition, slot }: Placed, checkpoint: Body): Promise<Offset> {
    const records = encodeCheckpoint(this.#nameOf(partition), slot, checkpoint)
    const { end } = (await log.ends(TOPIC))[0] ?? { end: 0 }
    await log.append(
      TOPIC,
      records.map((record) => ({ ...record, partition: 0 })),
    )
    return end
  }

  /** Withdraws all there are: the reader then begins at its position, knowing nothing. */
  async withdraw(log: Log, partition: number): Promise<void> {
    const prefix = `${this.#nameOf(partition)}/`
    const keyByText = new Map<string, Uint8Array>()
    for await (const batch of readToEnd(log, { topic: TOPIC, partition: 0 })) {
      for (let row = 0; row < batch.count; row++) {
        if (batch.keys.lengths[row]! < 0) continue
        const key = bytesOf(batch.keys, row).slice()
        const text = utf8Text(key)
        if (text.startsWith(prefix)) keyByText.set(text, key)
      }
    }
    const rows = [...keyByText.values()].map((key) => ({ key, partition: 0 }))
    if (rows.length > 0) await log.append(TOPIC, rows)
  }

  #nameOf(partition: number): string {
    return `${this.#reader}/${partition}`
  }
}

/** What evaluators know beside their panes (A74). */
export const checkpointLog = new CheckpointLog<Checkpoint>('evaluate')
