import type { Command, HandlingCommand, RulesCommand } from '../model/command.ts'
import type { ClockRecord, FactRecord, Watermark } from '../model/pane.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import type { Step } from '../model/step.ts'
import { siteOf } from '../model/topics.ts'
import type { AggregatesOf } from '../wire/pane-codec.ts'
import type { Checkpoint, ScopeDump } from './checkpoint.ts'
import { compileMonitor, type CompiledMonitor } from './compiled-monitor.ts'
import { endedAlerts } from './alerts/ended-alerts.ts'
import type { EvaluateSpec } from './evaluate-spec.ts'
import { GroupKeys } from './panes/group-keys.ts'
import type { Results } from './results.ts'
import { ScopeEvaluator, type ScopedPane } from './scope-evaluator.ts'
import { SiteNames } from './panes/site-names.ts'
import { WaitingPanes, type PaneRecord } from './panes/waiting-panes.ts'
import { RulesInForce } from './rules-in-force.ts'
import { SiteWatch } from './alerts/site-watch.ts'
import { SourceTable } from './source-table.ts'

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
  readonly #inForce: RulesInForce
  readonly #waiting = new WaitingPanes((...of) => this.aggregatesOf(...of))
  #monitors: ReadonlyMap<string, CompiledMonitor>
  /** By monitor, then scope. */
  readonly #scopes = new Map<string, Map<string, ScopeEvaluator>>()
  readonly #commandIds = new Set<string>()
  /** Steps of alerts that a new configuration judges no more; they leave at the next turn (A37). */
  readonly #ended: Step[] = []
  commandsTo = 0
  /** Records by what became of them. */
  readonly outcomes: Record<string, number> = {}

  constructor(spec: EvaluateSpec, partition: number) {
    this.#spec = spec
    this.#sources = new SourceTable(spec.absentMs, spec.sitesExpected)
    this.#sites = new SiteWatch({ partition, partitions: spec.panesPartitions }, this.#sources)
    this.#inForce = spec.inForce ?? new RulesInForce(spec.monitors)
    this.#monitors = compiled(this.#inForce.monitors)
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
    if (!this.#put(record, into)) this.#await(record)
  }

  /** Before the checkpoint's offset: panes only fill the windows that are still needed (A74). */
  rebuild(record: PaneRecord): void {
    const isInForce = this.#take(record, (scope, arrived) => scope.rebuild(arrived))
    if (!isInForce) this.#await(record)
  }

  /** What the past of a group was, from here on (H2); false where nobody here asks. */
  fact(record: FactRecord): boolean {
    if (this.#keys.isFull) this.#renumber()
    const { monitor, definition, scope, group } = record
    const isInForce = this.#monitors.get(monitor)?.spec.definition === definition
    const there = isInForce ? this.#scopes.get(monitor)?.get(scope) : undefined
    const verdict = there?.fact(this.#keys.numberOf(monitor, group), record) ?? 'fact_unasked'
    this.count(verdict)
    return verdict === 'fact'
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
    this.#reload(commands.filter(isRules), into)
    const expired = this.#waiting.offer((waiting) => this.#put(waiting, into))
    this.count('definition', expired)
    for (const command of commands) {
      if (isRules(command) || !this.#isFirst(command)) continue
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
    into.steps.push(...this.#ended.splice(0))
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
    let rebuildFrom = Math.min(offset, this.#waiting.oldestOffset)
    for (const scope of this.#allScopes()) rebuildFrom = Math.min(rebuildFrom, scope.oldestOffset)
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
      scopes: Array.from(this.#allScopes(), (scope) => scope.dump()),
    }
  }

  load(checkpoint: Checkpoint): void {
    this.#sources.now = checkpoint.now
    this.#sources.epoch = checkpoint.epoch
    this.commandsTo = checkpoint.commandsTo
    this.#sources.load(checkpoint.sources)
    this.#sites.load(checkpoint.sites)
    for (const id of checkpoint.commandIds) this.#commandIds.add(id)
    const sourceOf = (number: number): number | undefined =>
      this.#sources.numberOfName(checkpoint.sourceNames[number] ?? '')
    for (const dump of checkpoint.scopes) {
      this.#ended.push(...this.#continue(dump, { at: checkpoint.now, sourceOf }))
    }
  }

  /**
   * Puts other monitors in force (A75). A rule is known by its id and keeps its state; where only
   * thresholds or aggregates changed, alerts stay until the new panes judge them; alerts of rules
   * that are gone, or whose groups are cut otherwise, are closed (A37).
   */
  #reload(commands: readonly RulesCommand[], into: Results): void {
    // All that one record puts in force is one change.
    if (commands.filter((command) => this.#inForce.apply(command)).length === 0) return
    const before = this.#monitors
    this.#monitors = compiled(this.#inForce.monitors)
    for (const [id, byScope] of this.#scopes) {
      const [old, now] = [before.get(id), this.#monitors.get(id)]
      if (JSON.stringify(old?.spec) === JSON.stringify(now?.spec)) continue
      for (const [name, scope] of [...byScope]) {
        const dump = scope.dump()
        const at = this.#sources.now
        if (now !== undefined && old?.spec.definition === now.spec.definition && wants(now, dump)) {
          scope.adopt(now)
          into.steps.push(...endedAlerts(dump, scope.rules, at))
        } else {
          byScope.delete(name)
          // What the past of other panes was is nothing to compare these with.
          const bare = { ...dump, groups: dump.groups.map(({ past: _, ...group }) => group) }
          into.steps.push(...this.#continue(bare, { at, sourceOf: (number) => number }))
        }
      }
    }
  }

  /** Takes over what a scope was; answers the steps of what nobody judges any more. */
  #continue(
    dump: ScopeDump,
    how: { readonly at: number; readonly sourceOf: (number: number) => number | undefined },
  ): readonly Step[] {
    const monitor = this.#monitors.get(dump.monitor)
    if (monitor === undefined || !wants(monitor, dump)) {
      return endedAlerts(dump, new Set(), how.at)
    }
    const scope = this.#scope(monitor, dump.scope)
    scope.load(dump, {
      keyOf: (group) => this.#keys.numberOf(dump.monitor, group),
      sourceOf: how.sourceOf,
    })
    return endedAlerts(dump, scope.rules, how.at)
  }

  #isFirst({ id }: HandlingCommand): boolean {
    if (this.#commandIds.has(id)) return false
    this.#commandIds.add(id)
    for (const oldest of this.#commandIds) {
      if (this.#commandIds.size <= COMMAND_IDS_MAX) break
      this.#commandIds.delete(oldest)
    }
    return true
  }

  #put(record: PaneRecord, into: Results): boolean {
    const early = this.#spec.live ? into : undefined
    return this.#take(record, (scope, arrived) => scope.put(arrived, early))
  }

  /** Only where rules come by commands can a pane be ahead of them. */
  #await(record: PaneRecord): void {
    if (!this.#spec.live || !this.#waiting.add(record)) this.count('definition')
  }

  /** False where its monitor is not in force in this definition. */
  #take(record: PaneRecord, put: (scope: ScopeEvaluator, arrived: ScopedPane) => string): boolean {
    const { pane, offset, appendedAt } = record
    if (this.#keys.isFull) this.#renumber()
    const key = this.#keys.at(record.key)
    if (key === undefined) {
      this.count('key')
      return true
    }
    const monitor = this.#monitors.get(key.monitor)
    const isInForce =
      pane.definitionHigh === monitor?.definitionHigh &&
      pane.definitionLow === monitor.definitionLow
    if (!isInForce || monitor === undefined) return false
    const site = this.#siteNames.at(pane)
    const source = site === undefined ? undefined : this.#sources.numberOf(site, pane.partition)
    if (site === undefined || source === undefined) {
      this.count('site')
      return true
    }
    const arrived = { key: key.number, group: key.group, pane, source, offset, appendedAt }
    for (const kind of monitor.spec.scopes) {
      this.count(put(this.#scope(monitor, kind === 'all' ? 'all' : site), arrived))
    }
    return true
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
      const isJudged = !this.#isElsewhere(scope)
      evaluator = new ScopeEvaluator(monitor, { scope, isJudged }, this.#sources)
      byScope.set(scope, evaluator)
    }
    return evaluator
  }

  #isElsewhere(scope: string): boolean {
    return this.#spec.judgedElsewhere?.includes(siteOf(scope)) ?? false
  }

  /** Counts records by what became of them. */
  count(reason: string, records = 1): void {
    if (records > 0) this.outcomes[reason] = (this.outcomes[reason] ?? 0) + records
  }
}

const compiled = (monitors: readonly MonitorSpec[]): ReadonlyMap<string, CompiledMonitor> =>
  new Map(monitors.map((monitor) => [monitor.id, compileMonitor(monitor)]))

const isRules = (command: Command): command is RulesCommand => command.kind === 'rules'

/** Whether a monitor still judges in this scope, and groups as it did. */
function wants({ spec }: CompiledMonitor, dump: ScopeDump): boolean {
  const isJudged = spec.scopes.includes(dump.scope === 'all' ? 'all' : 'site')
  return isJudged && JSON.stringify(spec.groupBy) === JSON.stringify(dump.groupBy)
}
