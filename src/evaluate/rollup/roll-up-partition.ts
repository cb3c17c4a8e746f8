import type { Command, RulesCommand } from '../../model/command.ts'
import type { MonitorSpec } from '../../model/monitor.ts'
import type { ClockRecord, Watermark } from '../../model/pane.ts'
import type { SiteMinute } from '../../model/roll-up.ts'
import type { AggregatesOf } from '../../wire/pane-codec.ts'
import type { CompiledMonitor } from '../compiled-monitor.ts'
import type { EvaluateSpec } from '../evaluate-spec.ts'
import { rollUpStepMs } from '../../window/roll-up-step.ts'
import { GroupKeys } from '../panes/group-keys.ts'
import { SiteNames } from '../panes/site-names.ts'
import { WaitingPanes, type PaneRecord } from '../panes/waiting-panes.ts'
import { RulesInForce } from '../rules-in-force.ts'
import type { ScopedPane } from '../scope-evaluator.ts'
import { SourceTable, type Source } from '../source-table.ts'
import { rollUpMonitor } from './roll-up-monitor.ts'
import { RollUpScope, type MadeRollUp, type RollUpScopeDump } from './roll-up-scope.ts'
import { SiteMinutes, type SiteMinutesDump } from './site-minutes.ts'

/** What it knows beside the panes that it can read again; as evaluators do (A74). */
export type RollUpCheckpoint = {
  readonly v: 1
  /** Everything before this offset of `panes` was folded, and what came of it is in the log. */
  readonly offset: number
  /** Panes that are still needed begin here. */
  readonly rebuildFrom: number
  readonly now: number
  readonly epoch: number
  readonly commandsTo: number
  readonly sources: readonly Source[]
  readonly scopes: readonly RollUpScopeDump[]
  readonly sites: SiteMinutesDump
}

/** What goes into `rollups`. */
export type Made = MadeRollUp | { readonly kind: 'coverage'; readonly minute: SiteMinute }

/**
 * The fold from one partition of `panes` to minutes (T2), decided by the log's order alone, as
 * windows are. No I/O and no clock: `wall` only dates receipts.
 */
export class RollUpPartition {
  readonly #sources: SourceTable
  readonly #siteNames = new SiteNames()
  readonly #keys = new GroupKeys()
  readonly #inForce: RulesInForce
  readonly #waiting = new WaitingPanes((...of) => this.aggregatesOf(...of))
  readonly #siteMinutes: SiteMinutes | undefined
  #monitors: ReadonlyMap<string, CompiledMonitor>
  /** By monitor, then scope. */
  readonly #scopes = new Map<string, Map<string, RollUpScope>>()
  #isCounting = true
  /** Panes from before this are not all here. */
  #wholeFrom = -Infinity
  commandsTo = 0
  /** Records by what became of them. */
  readonly outcomes: Record<string, number> = {}

  constructor(spec: EvaluateSpec, partition: number) {
    this.#sources = new SourceTable(spec.absentMs, spec.sitesExpected)
    this.#inForce = spec.inForce ?? new RulesInForce(spec.monitors)
    this.#monitors = compiled(this.#inForce.monitors)
    if (partition === 0) this.#siteMinutes = new SiteMinutes(this.#sources, spec.absentMs)
  }

  /** The aggregates behind a monitor's panes, where they are of its present definition. */
  readonly aggregatesOf: AggregatesOf = (monitor, definition) => {
    const spec = this.#monitors.get(monitor)?.spec
    return spec?.definition === definition ? spec.aggregates : undefined
  }

  /** Panes from before this are not all here, of no monitor. */
  beginAt(at: number): void {
    this.#wholeFrom = at
    for (const scope of this.#allScopes()) scope.beginAt(at)
  }

  /** Takes a pane whose revision may be the last: an open one comes again, one way or the other. */
  pane(record: PaneRecord): void {
    const { closed, endless } = record.pane
    if (!closed && !endless) return
    if (!this.#take(record) && !this.#waiting.add(record)) this.count('definition')
  }

  /** Before the checkpoint's offset: panes only come back, and were counted then. */
  rebuild(record: PaneRecord): void {
    this.#isCounting = false
    this.pane(record)
    this.#isCounting = true
  }

  watermark(record: Watermark): void {
    this.#sources.hear(record)
    this.#siteMinutes?.hear(record)
  }

  /** `commands` are those that the record says apply from here on and did not before (A7). */
  clock(record: ClockRecord, commands: readonly Command[]): void {
    if (record.epoch < this.#sources.epoch) return this.count('fenced')
    this.#sources.tick(record.at, record.epoch)
    this.commandsTo = Math.max(this.commandsTo, record.commands_to)
    this.#reload(commands.filter(isRules))
    const expired = this.#waiting.offer((waiting) => this.#take(waiting))
    this.count('definition', expired)
    this.#siteMinutes?.tick()
  }

  /** What can be made now; to be run to its end before the next record. */
  *due(wall: number): Generator<Made> {
    for (const scope of this.#allScopes()) if (scope.isDue) yield* scope.due(wall)
    for (const minute of this.#siteMinutes?.due() ?? []) yield { kind: 'coverage', minute }
  }

  get groupCount(): number {
    let count = 0
    for (const scope of this.#allScopes()) count += scope.groupCount
    return count
  }

  dump(offset: number): RollUpCheckpoint {
    let rebuildFrom = Math.min(offset, this.#waiting.oldestOffset)
    for (const scope of this.#allScopes()) rebuildFrom = Math.min(rebuildFrom, scope.oldestOffset)
    const { now, epoch } = this.#sources
    return {
      ...{ v: 1, offset, rebuildFrom, now, epoch, commandsTo: this.commandsTo },
      sources: this.#sources.dump(),
      scopes: Array.from(this.#allScopes(), (scope) => scope.dump()),
      sites: this.#siteMinutes?.dump() ?? [],
    }
  }

  load(checkpoint: RollUpCheckpoint): void {
    this.#sources.now = checkpoint.now
    this.#sources.epoch = checkpoint.epoch
    this.commandsTo = checkpoint.commandsTo
    this.#sources.load(checkpoint.sources)
    this.#siteMinutes?.load(checkpoint.sites)
    for (const dump of checkpoint.scopes) {
      const monitor = this.#monitors.get(dump.monitor)
      if (monitor === undefined) continue
      const scope = this.#scope(monitor, dump.scope)
      if (monitor.spec.definition === dump.definition) scope.load(dump)
      else scope.beginAt(checkpoint.now)
    }
  }

  /** Counts records by what became of them. */
  count(reason: string, records = 1): void {
    if (records > 0 && this.#isCounting)
      this.outcomes[reason] = (this.outcomes[reason] ?? 0) + records
  }

  /** Puts other monitors in force (A75): what is held of another definition can be made no more. */
  #reload(commands: readonly RulesCommand[]): void {
    if (commands.filter((command) => this.#inForce.apply(command)).length === 0) return
    const before = this.#monitors
    this.#monitors = compiled(this.#inForce.monitors)
    for (const [id, byScope] of this.#scopes) {
      const [old, now] = [before.get(id), this.#monitors.get(id)]
      for (const [name, scope] of [...byScope]) {
        if (now !== undefined && now.spec.definition === old?.spec.definition) scope.adopt(now)
        else {
          this.count('definition', scope.paneCount)
          byScope.delete(name)
          if (now !== undefined) this.#scope(now, name).beginAt(this.#sources.now)
        }
      }
    }
  }

  /** False where its monitor is not in force in this definition. */
  #take(record: PaneRecord): boolean {
    const { pane, offset, appendedAt } = record
    if (this.#keys.isFull) this.#renumber()
    const key = this.#keys.at(record.key)
    if (key === undefined) {
      this.count('key')
      return true
    }
    const inForce = this.#inForce.byId(key.monitor)
    const monitor = this.#monitors.get(key.monitor)
    if (monitor === undefined) {
      // In force, and not made into minutes: its slices divide no hour (T2).
      if (inForce !== undefined) this.count('slice')
      return inForce !== undefined
    }
    const isHigh = pane.definitionHigh === monitor.definitionHigh
    if (!isHigh || pane.definitionLow !== monitor.definitionLow) return false
    const site = this.#siteNames.at(pane)
    const source = site === undefined ? undefined : this.#sources.numberOf(site, pane.partition)
    if (site === undefined || source === undefined) {
      this.count('site')
      return true
    }
    const arrived = { key: key.number, group: key.group, pane, source, offset, appendedAt }
    for (const kind of monitor.spec.scopes) {
      this.#put(monitor, kind === 'all' ? kind : site, arrived)
    }
    return true
  }

  #put(monitor: CompiledMonitor, scope: string, arrived: ScopedPane): void {
    this.count(this.#scope(monitor, scope).put(arrived))
  }

  #renumber(): void {
    this.#keys.clear()
    for (const [monitor, byScope] of this.#scopes) {
      for (const scope of byScope.values()) {
        scope.renumber((group) => this.#keys.numberOf(monitor, group))
      }
    }
  }

  *#allScopes(): Iterable<RollUpScope> {
    for (const byScope of this.#scopes.values()) yield* byScope.values()
  }

  #scope(monitor: CompiledMonitor, name: string): RollUpScope {
    const { id } = monitor.spec
    let byScope = this.#scopes.get(id)
    if (byScope === undefined) this.#scopes.set(id, (byScope = new Map()))
    let scope = byScope.get(name)
    if (scope === undefined) {
      scope = new RollUpScope(monitor, name, { sources: this.#sources })
      byScope.set(name, scope.beginAt(this.#wholeFrom))
    }
    return scope
  }
}

/** Those that can be made into minutes. */
function compiled(monitors: readonly MonitorSpec[]): ReadonlyMap<string, CompiledMonitor> {
  return new Map(
    monitors.flatMap((spec) => {
      const stepMs = rollUpStepMs(spec.window)
      return stepMs === undefined ? [] : [[spec.id, rollUpMonitor(spec, stepMs)] as const]
    }),
  )
}

const isRules = (command: Command): command is RulesCommand => command.kind === 'rules'
