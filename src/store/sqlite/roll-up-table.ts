import type { DatabaseSync } from 'node:sqlite'
import type { RollUp } from '../../model/roll-up.ts'
import type { WindowResult } from '../../model/window-result.ts'
import { assert } from '../../std/assert.ts'
import { decodeStates, encodeStates } from '../../wire/states-codec.ts'
import type { SeriesQuery } from '../store.ts'
import { groupText, stemOf, type SeriesDirectory } from './series-directory.ts'
import { COMMON, commonOf, REPLACING, windowOf } from './window-row.ts'

/** Groups remembered at once; beyond it all are forgotten and looked up again. */
const GROUPS_MAX = 200_000
const TIERS = { minute: 1, hour: 2 } as const

/** Reads and writes the roll-ups of one open file. */
export class RollUpTable {
  readonly #directory: SeriesDirectory
  readonly #statements
  #gids = new Map<string, number>()

  constructor(db: DatabaseSync, directory: SeriesDirectory) {
    this.#directory = directory
    const marks = Array.from({ length: COMMON.length + 4 }, () => '?').join(', ')
    this.#statements = {
      find: db.prepare('SELECT gid FROM rolled WHERE stem = ?'),
      add: db.prepare('INSERT INTO rolled (stem, monitor, scope, grp) VALUES (?, ?, ?, ?)'),
      upsert: db.prepare(
        `INSERT INTO rollups VALUES (${marks}) ON CONFLICT DO UPDATE SET
         ${REPLACING}, states = excluded.states WHERE excluded.rev > rollups.rev`,
      ),
      // Groups first: the same named group may have been written with other labels absent.
      series: db.prepare(
        `SELECT r.*, g.stem, g.scope, g.grp, d.name AS definition_name
         FROM rolled g CROSS JOIN rollups r ON r.gid = g.gid JOIN names d ON d.nid = r.definition
         WHERE g.monitor = :monitor AND g.scope = :scope AND g.grp = :grp
           AND r.tier = :tier AND r.end > :from AND r.end <= :to
         ORDER BY r.end LIMIT :limit`,
      ),
    }
  }

  upsert(rollUp: RollUp): void {
    const { tier, end, definition, states } = rollUp
    this.#statements.upsert.run(
      this.#gidOf(rollUp),
      TIERS[tier],
      end,
      ...commonOf(rollUp, this.#directory.number(definition)),
      encodeStates(states),
    )
  }

  series(query: SeriesQuery & { readonly tier: RollUp['tier'] }): readonly RollUp[] {
    const { monitor, scope, from, to, limit, tier } = query
    const grp = groupText(query.group)
    const span = { monitor, scope, grp, from, to, limit, tier: TIERS[tier] }
    return this.#statements.series.all(span).map((row) => {
      const blob = row['states']
      const states = blob instanceof Uint8Array ? decodeStates(blob) : undefined
      assert(states !== undefined, 'states were written by this table')
      return { ...windowOf(monitor, row), tier, states }
    })
  }

  /** What it remembers may have been rolled back or deleted. */
  forget(): void {
    this.#gids = new Map()
  }

  #gidOf(window: WindowResult): number {
    const stem = stemOf(window)
    const known = this.#gids.get(stem)
    if (known !== undefined) return known
    if (this.#gids.size >= GROUPS_MAX) this.forget()
    const { monitor, scope, group } = window
    const found = this.#statements.find.get(stem)?.['gid']
    const added = () => this.#statements.add.run(stem, monitor, scope, groupText(group))
    const gid = Number(found ?? added().lastInsertRowid)
    this.#gids.set(stem, gid)
    return gid
  }
}
