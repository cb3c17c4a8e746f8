import type { Clock } from '../../../std/clock.ts'
import { cqlValue } from '../cql-writer.ts'
import type { GroupFrame } from '../group-frames.ts'
import { GroupSlots } from './group-slots.ts'
import type { PartitionBatches } from '../session/partition-batches.ts'
import type { Call, Row } from '../session/session.ts'

/** A group as the directory names it. */
export type NamedGroup = { readonly scope: string; readonly grp: string; readonly stem: string }

/** Groups of one monitor, by slot. */
export type MonitorGroups = {
  readonly slots: GroupSlots
  readonly named: (NamedGroup | undefined)[]
}

/** So few are asked for one by one; more, and the whole directory of the monitor is read. */
const SINGLES_MAX = 64
const GROUPS_MAX = 200_000
/** People ask for monitors of any name: beyond so many all are forgotten. */
const MONITORS_MAX = 1_000

/** Which group a hash stands for. A pair never changes, so readers remember what they have read. */
export class GroupDirectory {
  readonly #clock: Clock
  readonly #insert: string
  readonly #select: string
  #monitors = new Map<string, MonitorGroups>()

  constructor(keyspace: string, clock: Clock) {
    this.#clock = clock
    this.#insert = `INSERT INTO ${keyspace}.groups (monitor, hash, scope, grp, stem)
      VALUES (?, ?, ?, ?, ?)`
    this.#select = `SELECT hash, scope, grp, stem FROM ${keyspace}.groups WHERE monitor = ?`
  }

  /** Tells of a group that this writer has not told of in the last half of what is kept. */
  add(
    batches: PartitionBatches,
    frame: GroupFrame,
    { monitor, keptMs }: { readonly monitor: string; readonly keptMs: number },
  ): void {
    const now = this.#clock.now()
    if (now - frame.toldAt < keptMs / 2) return
    frame.toldAt = now
    const { hash, scope, grp, stem } = frame
    const params = [frame.monitor, cqlValue.long(hash), scope, grp, stem]
    batches.add(`groups ${monitor}`, { query: this.#insert, params }, 2 * stem.length + grp.length)
  }

  /**
   * What is remembered of a monitor's groups: whoever asks keeps to it to the end of its question,
   * since it may be forgotten here meanwhile, and slots are numbered anew then.
   */
  of(monitor: string): MonitorGroups {
    const known = this.#monitors.get(monitor)
    if (known !== undefined) return known
    if (this.#monitors.size >= MONITORS_MAX) this.#monitors = new Map()
    const groups = { slots: new GroupSlots(), named: [] }
    this.#monitors.set(monitor, groups)
    return groups
  }

  /** Reads the names of these slots that are not known yet. */
  async name(
    call: Call,
    { monitor, groups }: { readonly monitor: string; readonly groups: MonitorGroups },
    slots: readonly number[],
  ): Promise<void> {
    const { hashes } = groups.slots
    const unknown = slots.filter((slot) => groups.named[slot] === undefined)
    if (unknown.length > SINGLES_MAX) {
      const rows = await call.rows({ query: this.#select, params: [monitor] }, GROUPS_MAX)
      for (const row of rows) keep(groups, row)
    } else {
      const query = `${this.#select} AND hash = ?`
      const asked = unknown.map((slot) =>
        call.rows({ query, params: [monitor, cqlValue.long(hashes[slot]!)] }, 1),
      )
      for (const row of (await Promise.all(asked)).flat()) keep(groups, row)
    }
    this.#bound()
  }

  #bound(): void {
    const count = this.#monitors.values().reduce((sum, { named }) => sum + named.length, 0)
    if (count > GROUPS_MAX) this.#monitors = new Map()
  }
}

function keep({ slots, named }: MonitorGroups, row: Row): void {
  named[slots.of(Number(row['hash']))] = {
    scope: String(row['scope']),
    grp: String(row['grp']),
    stem: String(row['stem']),
  }
}
