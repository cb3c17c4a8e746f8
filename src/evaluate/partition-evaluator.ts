import type { Command } from '../model/command.ts'
import type { ClockRecord, Watermark } from '../model/pane.ts'
import type { Step } from '../model/step.ts'
import type { AggregatesOf } from '../wire/pane-codec.ts'
import type { BytesAt, PaneCursor } from '../wire/pane-cursor.ts'
import type { Checkpoint, ScopeDump } from './checkpoint.ts'
import { compileMonitor, type CompiledMonitor } from './compiled-monitor.ts'
import { endedAlerts } from './alerts/ended-alerts.ts'
import type { EvaluateSpec } from './evaluate-spec.ts'
import { GroupKeys } from './panes/group-keys.ts'
import type { Results } from './results.ts'
import { ScopeEvaluator, type ScopedPane } from './scope-evaluator.ts'
import { SiteNames } from './panes/site-names.ts'
import { SiteWatch } from './alerts/site-watch.ts'
import { SourceTable } from './source-table.ts'

/** A pane's record: its key, a cursor at its value, where it stands and when it was appended. */
export type PaneRecord = {
  readonly key: BytesAt
  readonly pane: PaneCursor
  readonly offset: number
  readonly appendedAt: number
}

/** Commands remembered by their ids, so that one that comes twice acts once (A50). */
const COMMAND_IDS_MAX = 10_000

/**
 * The fold over one partition of `panes` (A6): records in, windows and steps out, decided after
 * every record and by the log's order alone. No I/O and no clock: wall time comes in clock records
 * (A8), and `wall` of the results only dates receipts.
 */
export class PartitionEvaluator {
  readonly #spec: EvaluateSpec
  readonly #sources: SourceTable
  readonly #sites: SiteWatch
  readonly #siteNames = new SiteNames()
  readonly #keys = new GroupKeys()
  readonly #monitors: ReadonlyMap<string, CompiledMonitor>
  /** By monitor, then scope. */
  readonly #scopes = new Map<string, Map<string, ScopeEvaluator>>()
  readonly #commandIds = new Set<string>()
  /** Steps of alerts that a new configuration judges no more; they leave at the next turn (A37). */
  #ended: readonly Step[] = []
  commandsTo = 0
  /** Records by what became of them. */
  readonly outcomes: Record<string, number> = {}

  constructor(spec: EvaluateSpec, partition: number) {
    this.#spec = spec
    this.#sources = new SourceTable(spec.absentMs)
    this.#sites = new SiteWatch({ partition, partitions: spec.panesPartitions }, this.#sources)
    this.#monitors = new Map(spec.monitors.map((monitor) => [monitor.id, compileMonitor(monitor)]))
  }

  get epoch(): number {
    return this.#sources.epoch
  }

  /** The aggregates behind a monitor's panes, where they are of its present definition. */
  readonly aggregatesOf: AggregatesOf = (monitor, definition) => {
    const spec = this.#monitors.get(monitor)?.spec
    return spec?.definition === definition ? spec.aggregates : undefined
  }

  pane(record: PaneRecord, into: Results): void {
    const early = this.#spec.live ? into : undefined
    this.#take(record, (scope, arrived) => scope.put(arrived, early))
  }

  /** Before the checkpoint's offset: panes only fill the windows that are still needed (A74). */
  rebuild(record: PaneRecord): void {
    this.#take(record, (scope, arrived) => scope.rebuild(arrived))
  }

  watermark(record: Watermark, into: Results): void {
    this.#sources.hear(record)
    this.settle(into)
  }

  /** `commands` are those that the record says apply from here on and did not before (A7). */
  clock(record: ClockRecord, commands: readonly Command[], into: Results): void {
    if (record.epoch < this.#sources.epoch) return this.count('fenced')
    this.#sources.tick(record.at, record.epoch)
    this.commandsTo = Math.max(this.commandsTo, record.commands_to)
    for (const command of commands) {
      if (!this.#isFirst(command)) continue
      this.#sites.act(command, into)
      for (const scope of this.#allScopes()) scope.act(command, into)
    }
    this.#sites.expire(into)
    for (const scope of this.#allScopes()) scope.expire(into)
    this.#sites.judge(into)
    this.settle(into)
  }

  /** Closes what can be closed and issues what changed. */
  settle(into: Results): void {
    into.steps.push(...this.#ended)
    this.#ended = []
    for (const scope of this.#allScopes()) scope.close(into)
  }

  /** Instances that were refused because their rule had as many as it may (A85). */
  get refusedInstances(): number {
    let count = 0
    for (const scope of this.#allScopes()) count += scope.refused
    return count
  }

  get groupCount(): number {
    let count = 0
    for (const scope of this.#allScopes()) count += scope.groupCount
    return count
  }

  /** To be taken right after `settle`, when no changed window waits. */
  dump(offset: number): Checkpoint {
    let rebuildFrom = offset
    const scopes: ScopeDump[] = []
    for (const [monitor, { spec }] of this.#monitors) {
      for (const [scope, evaluator] of this.#scopes.get(monitor) ?? []) {
        rebuildFrom = Math.min(rebuildFrom, evaluator.oldestOffset)
        const { rules } = evaluator
        const { groupBy } = spec
        scopes.push({ monitor, groupBy, rules, scope, ...evaluator.dump() })
      }
    }
    return {
      v: 2,
      offset,
      rebuildFrom,
      now: this.#sources.now,
      epoch: this.#sources.epoch,
      commandsTo: this.commandsTo,
      commandIds: [...this.#commandIds],
      sources: this.#sources.dump(),
      sourceNames: this.#sources.names(),
      sites: this.#sites.dump(),
      scopes,
    }
  }

  load(checkpoint: Checkpoint): void {
    this.#sources.now = checkpoint.now
    this.#sources.epoch = checkpoint.epoch
    this.commandsTo = checkpoint.commandsTo
    this.#sources.load(checkpoint.sources)
    this.#sites.load(checkpoint.sites)
    for (const id of checkpoint.commandIds) this.#commandIds.add(id)
    for (const dump of checkpoint.scopes) {
      // Where only thresholds or aggregates changed, alerts stay until the new panes judge them.
      const evaluator = this.#sameGroups(dump)
      const rules = new Set(evaluator?.rules)
      const ended = endedAlerts(dump, (rule) => !rules.has(rule), checkpoint.now)
      this.#ended = [...this.#ended, ...ended]
      evaluator?.load(dump, {
        keyOf: (group) => this.#keys.numberOf(dump.monitor, group),
        sourceOf: (number) => this.#sources.numberOfName(checkpoint.sourceNames[number] ?? ''),
      })
    }
  }

  /** The evaluator of a scope that is still there and whose groups are cut as they were. */
  #sameGroups(dump: ScopeDump): ScopeEvaluator | undefined {
    const monitor = this.#monitors.get(dump.monitor)
    if (monitor === undefined) return undefined
    const { groupBy, scopes } = monitor.spec
    const isWanted = scopes.includes(dump.scope === 'all' ? 'all' : 'site')
    const isSame = JSON.stringify(groupBy) === JSON.stringify(dump.groupBy)
    return isWanted && isSame ? this.#scope(monitor, dump.scope) : undefined
  }

  #isFirst({ id }: Command): boolean {
    if (this.#commandIds.has(id)) return false
    this.#commandIds.add(id)
    for (const oldest of this.#commandIds) {
      if (this.#commandIds.size <= COMMAND_IDS_MAX) break
      this.#commandIds.delete(oldest)
    }
    return true
  }

  #take(record: PaneRecord, put: (scope: ScopeEvaluator, arrived: ScopedPane) => string): void {
    const { pane, offset, appendedAt } = record
    if (this.#keys.isFull) this.#renumber()
    const key = this.#keys.at(record.key)
    if (key === undefined) return this.count('key')
    const monitor = this.#monitors.get(key.monitor)
    if (monitor === undefined) return this.count('monitor')
    const { definitionHigh, definitionLow, spec } = monitor
    if (pane.definitionHigh !== definitionHigh || pane.definitionLow !== definitionLow) {
      return this.count('definition')
    }
    const site = this.#siteNames.at(pane)
    const source = site === undefined ? undefined : this.#sources.numberOf(site, pane.partition)
    if (site === undefined || source === undefined) return this.count('site')
    const arrived = { key: key.number, group: key.group, pane, source, offset, appendedAt }
    for (const kind of spec.scopes) {
      this.count(put(this.#scope(monitor, kind === 'all' ? 'all' : site), arrived))
    }
  }

  #renumber(): void {
    this.#keys.clear()
    for (const [monitor, byScope] of this.#scopes) {
      for (const scope of byScope.values()) {
        scope.renumber((group) => this.#keys.numberOf(monitor, group))
      }
    }
  }

  *#allScopes(): Iterable<ScopeEvaluator> {
    for (const byScope of this.#scopes.values()) yield* byScope.values()
  }

  #scope(monitor: CompiledMonitor, scope: string): ScopeEvaluator {
    let byScope = this.#scopes.get(monitor.spec.id)
    if (byScope === undefined) this.#scopes.set(monitor.spec.id, (byScope = new Map()))
    let evaluator = byScope.get(scope)
    if (evaluator === undefined) {
      evaluator = new ScopeEvaluator(monitor, scope, this.#sources)
      byScope.set(scope, evaluator)
    }
    return evaluator
  }

  /** Counts a record by what became of it. */
  count(reason: string): void {
    this.outcomes[reason] = (this.outcomes[reason] ?? 0) + 1
  }
}
