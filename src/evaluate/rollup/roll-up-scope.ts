import type { Group } from '../../model/pane.ts'
import type { RolledUpTo, RollUp } from '../../model/roll-up.ts'
import { aggregateState } from '../../sketch/aggregate-state.ts'
import { ByteWriter } from '../../std/bytes.ts'
import { windowFrame, type WindowFrame } from '../../wire/window-codec.ts'
import type { CompiledMonitor } from '../compiled-monitor.ts'
import { namedGroup } from '../group-state.ts'
import { GroupPanes, type PaneVerdict } from '../panes/group-panes.ts'
import { PaneTable } from '../panes/pane-table.ts'
import { SliceOffsets } from '../panes/slice-offsets.ts'
import type { ScopedPane } from '../scope-evaluator.ts'
import type { SourceTable } from '../source-table.ts'
import { WindowMaker } from '../window-maker.ts'
import { WindowMerge } from '../window-merge.ts'

/** Groups of one monitor in one scope (D5): panes of more are refused and counted. */
const GROUPS_MAX = 250_000
/** Panes held in one scope (D5): a source far ahead of the others fills it up, and no further. */
const PANES_MAX = 4_000_000
/** A group without panes is remembered so long, since most come back. */
const IDLE_MS_MAX = 600_000
/** How far minutes have been made is told each time they pass one of these. */
const TOLD_EVERY_MS = 600_000

/** What became of a pane here: `beyond` what was made already, one group or pane too many. */
export type RollUpVerdict = PaneVerdict | 'beyond' | 'groups' | 'panes'

/** What goes into the log. */
export type MadeRollUp =
  | { readonly kind: 'rollUp'; readonly rollUp: RollUp; readonly frame: WindowFrame }
  | { readonly kind: 'past'; readonly past: RolledUpTo }

type RolledGroup = {
  readonly group: Group
  readonly frame: WindowFrame
  readonly named: Readonly<Record<string, string>>
  readonly panes: GroupPanes
  /** Of earlier minutes a part may have been refused, while there was no room for the group. */
  readonly wholeFrom: number
}

/** How far a scope has come; what it holds beside that can be read again. */
export type RollUpScopeDump = {
  readonly monitor: string
  readonly definition: string
  readonly scope: string
  readonly madeTo: number | null
  readonly wholeFrom: number | null
  /** Absent in what older ones wrote. */
  readonly refusedTo?: number | null
}

/** Whose watermark counts here, and how much is held at most. */
export type RollUpScopeParts = {
  readonly sources: SourceTable
  readonly groupsMax?: number
  readonly panesMax?: number
}

const writer = new ByteWriter()

/** The minutes of one monitor in one scope: made once, when no correction can come any more. */
export class RollUpScope {
  readonly #sources: SourceTable
  readonly #groupsMax: number
  readonly #panesMax: number
  readonly #scope: string
  readonly #table: PaneTable
  readonly #groups = new Map<number, RolledGroup>()
  readonly #offsets = new SliceOffsets()
  #monitor: CompiledMonitor
  #merge: WindowMerge
  #maker: WindowMaker
  /** Every minute that ends at or before this was made. */
  #madeTo = -Infinity
  /** Of earlier minutes a part was never here: refused, or in panes of another definition. */
  #wholeFrom = -Infinity
  /** Panes up to here were refused since there was no room for their group. */
  #refusedTo = -Infinity

  constructor(monitor: CompiledMonitor, scope: string, parts: RollUpScopeParts) {
    const { sources, groupsMax = GROUPS_MAX, panesMax = PANES_MAX } = parts
    this.#sources = sources
    this.#groupsMax = groupsMax
    this.#panesMax = panesMax
    this.#scope = scope
    this.#table = new PaneTable(monitor.spec.aggregates, monitor.sliceMs)
    this.#monitor = monitor
    this.#merge = new WindowMerge(monitor, this.#table)
    this.#maker = new WindowMaker({ monitor, scope }, sources, this.#merge)
  }

  /** Takes other values for the same panes. */
  adopt(monitor: CompiledMonitor): void {
    this.#monitor = monitor
    this.#merge = new WindowMerge(monitor, this.#table)
    this.#maker = new WindowMaker({ monitor, scope: this.#scope }, this.#sources, this.#merge)
  }

  put(arrived: ScopedPane): RollUpVerdict {
    const { key, group, pane, offset } = arrived
    const end = pane.start + this.#monitor.sliceMs
    if (end <= this.#madeTo) return 'beyond'
    if (this.#table.held >= this.#panesMax) {
      this.beginAt(end)
      return 'panes'
    }
    let rolled = this.#groups.get(key)
    if (rolled === undefined) {
      if (this.#groups.size >= this.#groupsMax) {
        this.#refusedTo = Math.max(this.#refusedTo, end)
        return 'groups'
      }
      this.#groups.set(key, (rolled = this.#newGroup(group)))
    }
    const verdict = rolled.panes.put(arrived)
    if (verdict === 'new' || verdict === 'closes') {
      this.#offsets.note(pane.start, offset)
      // Whoever reads from its very first pane on has not seen what was before that, and of that
      // slice perhaps a part.
      if (this.#wholeFrom <= 0) this.beginAt(end)
    }
    return verdict
  }

  get isDue(): boolean {
    return this.#dueTo() > this.#madeTo
  }

  /** Makes every minute that can change no more; to be run to its end. */
  *due(wall: number): Generator<MadeRollUp> {
    const [from, to] = [this.#madeTo, this.#dueTo()]
    if (to <= from) return
    this.#maker.refresh()
    for (const [key, rolled] of this.#groups) {
      for (let end = this.#nextEnd(rolled, from); end <= to; end = this.#nextEnd(rolled, end)) {
        yield { kind: 'rollUp', frame: rolled.frame, rollUp: this.#make(rolled, end, wall) }
      }
      rolled.panes.forget(to)
      const { isEmpty, forgottenTo } = rolled.panes
      if (isEmpty && forgottenTo < to - IDLE_MS_MAX) this.#groups.delete(key)
    }
    this.#madeTo = to
    this.#offsets.forget(to - this.#monitor.sliceMs)
    const told = Math.floor(to / TOLD_EVERY_MS) * TOLD_EVERY_MS
    if (told <= from) return
    const past = { monitor: this.#monitor.spec.id, scope: this.#scope, to: told }
    const isCut = Number.isFinite(this.#wholeFrom)
    yield { kind: 'past', past: isCut ? { ...past, from: this.#wholeFrom } : past }
  }

  /** The oldest record that is still needed may stand here, or Infinity. */
  get oldestOffset(): number {
    return this.#offsets.oldest
  }

  get groupCount(): number {
    return this.#groups.size
  }

  get paneCount(): number {
    return this.#table.held
  }

  /** Rows from before this are not all here. */
  beginAt(at: number): this {
    this.#wholeFrom = Math.max(this.#wholeFrom, at)
    return this
  }

  dump(): RollUpScopeDump {
    const { id, definition } = this.#monitor.spec
    const [madeTo, wholeFrom] = [finite(this.#madeTo), finite(this.#wholeFrom)]
    const refusedTo = finite(this.#refusedTo)
    return { monitor: id, definition, scope: this.#scope, madeTo, wholeFrom, refusedTo }
  }

  load({ madeTo, wholeFrom, refusedTo }: RollUpScopeDump): void {
    this.#madeTo = madeTo ?? -Infinity
    this.#wholeFrom = wholeFrom ?? -Infinity
    this.#refusedTo = refusedTo ?? -Infinity
  }

  /** Numbers its groups anew. */
  renumber(keyOf: (group: Group) => number): void {
    const groups = [...this.#groups.values()]
    this.#groups.clear()
    for (const rolled of groups) this.#groups.set(keyOf(rolled.group), rolled)
  }

  #dueTo(): number {
    const { hopMs, latenessMs, correctionMs } = this.#monitor.spec.window
    const finalTo = this.#sources.watermark(this.#scope) - latenessMs - correctionMs
    return Math.floor(finalTo / hopMs) * hopMs
  }

  /** The next minute that has rows, or Infinity. */
  #nextEnd({ panes }: RolledGroup, after: number): number {
    const { hopMs } = this.#monitor.spec.window
    return Math.ceil((panes.firstSlice(after) + this.#monitor.sliceMs) / hopMs) * hopMs
  }

  #make(rolled: RolledGroup, end: number, wall: number): RollUp {
    this.#merge.gather(rolled.panes, end).all()
    const bars = this.#merge.errorBars()
    const making = { wall, closed: true, corrected: false, bars }
    const window = this.#maker.make(rolled, end, making)
    const { aggregates } = this.#monitor.spec
    const states = this.#merge.states((state, i) =>
      aggregateState.encode(aggregates[i]!, state, writer),
    )
    const complete = window.complete && window.start >= Math.max(this.#wholeFrom, rolled.wholeFrom)
    return { ...window, complete, tier: 'minute', states }
  }

  #newGroup(group: Group): RolledGroup {
    const { spec } = this.#monitor
    const named = namedGroup(spec, group)
    const { id: monitor, definition } = spec
    const frame = windowFrame({ scope: this.#scope, monitor, definition, group, named })
    const panes = new GroupPanes(this.#table)
    return { group, frame, named, panes, wholeFrom: this.#refusedTo }
  }
}

/** Null for an infinity: how an instant that is not there travels. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
