import type { InstanceState } from '../alert/instance.ts'
import type { Group } from '../model/pane.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import type { PastDump } from './past/group-past.ts'
import type { SiteDump } from './alerts/site-watch.ts'
import type { Source } from './source-table.ts'

/** What is known of a group beside its panes; nearly all have no alert to tell of. */
export type GroupDump = {
  readonly group: Group
  /** T of its first closed window. */
  readonly bornAt: number | null
  /** End of its newest slice with rows that was let go. */
  readonly rowsAt: number | null
  /** By number in `sourceNames`: end of the newest slice with rows from there. */
  readonly sources: readonly (readonly [source: number, at: number])[]
  readonly alerts: readonly (readonly [rule: string, state: InstanceState])[]
  /** What its past was; absent where no rule asks. */
  readonly past?: PastDump
}

export type ScopeDump = {
  readonly monitor: string
  readonly groupBy: readonly string[]
  readonly scope: string
  readonly closedTo: number | null
  readonly groups: readonly GroupDump[]
}

/** All that an evaluator knows beside the panes that it can read again (A74). */
export type Checkpoint = {
  readonly v: 2
  /** Everything before this offset of `panes` was judged. */
  readonly offset: number
  /** Open windows are rebuilt by reading from here to `offset` without judging. */
  readonly rebuildFrom: number
  readonly now: number
  readonly epoch: number
  readonly commandsTo: number
  /** Ids of the newest commands that were applied (A50). */
  readonly commandIds: readonly string[]
  readonly sources: readonly Source[]
  readonly sourceNames: readonly string[]
  readonly sites: readonly SiteDump[]
  readonly scopes: readonly ScopeDump[]
}

/** Far below the record bound of the log, so that a chunk always fits. */
const CHUNK_BYTES_MAX = 524_288

type ChunkHead = { readonly id: string; readonly chunk: number; readonly of: number }

/**
 * A checkpoint as records for one append to `checkpoints`. Two slots take turns, so that
 * compaction, which keeps the last record of a key, always leaves one whole checkpoint.
 */
export function encodeCheckpoint(
  reader: string,
  slot: number,
  checkpoint: Pick<Checkpoint, 'epoch' | 'offset'>,
): readonly { readonly key: Uint8Array; readonly value: Uint8Array }[] {
  const body = utf8(JSON.stringify(checkpoint))
  const of = Math.ceil(body.length / CHUNK_BYTES_MAX)
  const id = `${checkpoint.epoch}-${checkpoint.offset}`
  return Array.from({ length: of }, (_, chunk) => {
    const head = utf8(`${JSON.stringify({ id, chunk, of } satisfies ChunkHead)}\n`)
    const part = body.subarray(chunk * CHUNK_BYTES_MAX, (chunk + 1) * CHUNK_BYTES_MAX)
    const value = new Uint8Array(head.length + part.length)
    value.set(head)
    value.set(part, head.length)
    return { key: utf8(`${reader}/${slot}/${chunk}`), value }
  })
}

/** Gathers the chunks of one reader as they are read, oldest first; keeps the newest whole one. */
export class CheckpointReader<Body = Checkpoint> {
  readonly #prefix: string
  #id = ''
  #parts: Uint8Array[] = []
  #whole: readonly Uint8Array[] | undefined

  constructor(reader: string) {
    this.#prefix = `${reader}/`
  }

  take(key: Uint8Array, value: Uint8Array): void {
    if (!utf8Text(key).startsWith(this.#prefix)) return
    const line = value.indexOf(10)
    const head = JSON.parse(utf8Text(value.subarray(0, line))) as ChunkHead
    if (head.chunk === 0 || head.id !== this.#id) this.#parts = []
    this.#id = head.id
    if (head.chunk !== this.#parts.length) return
    this.#parts.push(value.slice(line + 1))
    if (this.#parts.length < head.of) return
    this.#whole = this.#parts
    this.#parts = []
  }

  /** A record without a value: nothing of this reader that lies before it counts. */
  withdraw(key: Uint8Array): void {
    if (!utf8Text(key).startsWith(this.#prefix)) return
    this.#whole = undefined
    this.#parts = []
  }

  /** The newest whole one. Parsed when it is asked for: most of those that are read are older. */
  get found(): Body | undefined {
    return this.#whole && (JSON.parse(Buffer.concat(this.#whole).toString()) as Body)
  }
}
