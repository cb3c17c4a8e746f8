import { bareReceipt } from '../../alert/build-step.ts'
import type { CompiledRule } from '../../alert/compile-rule.ts'
import { partitionOf } from '../../std/hash.ts'
import { utf8 } from '../../std/bytes.ts'
import type { HandlingCommand } from '../../model/command.ts'
import type { RuleSpec } from '../../model/monitor.ts'
import type { InstanceState } from '../../alert/instance.ts'
import { AlertInstances } from './alert-instances.ts'
import { InstanceBudget } from './instance-budget.ts'
import type { Results } from '../results.ts'
import { RuleSet } from './rule-set.ts'
import type { SourceTable } from '../source-table.ts'

const ALERT = 'nocturne_site_down'

/** The built-in rule of A44: it runs through the same state machine as every other. */
const SPEC: RuleSpec = {
  id: `nocturne/${ALERT}`,
  alert: ALERT,
  monitor: 'nocturne',
  levels: [
    {
      severity: 'critical',
      when: { op: '==', left: { op: 'name', name: 'dark' }, right: { op: 'number', value: 1 } },
    },
  ],
  forMs: 0,
  clearForMs: 0,
  absentSeverity: 'critical',
  empty: 'unknown',
  scopes: ['site'],
  early: false,
  freezeMaxMs: 300_000,
  instancesMax: 1000,
  layer: 'platform',
  labels: {},
  annotations: { summary: 'nothing is heard from site {{site}}: its windows are incomplete' },
}

const RULE: CompiledRule = {
  spec: SPEC,
  hopMs: 1000,
  forMs: 0,
  clearForMs: 0,
  freezeMaxMs: SPEC.freezeMaxMs,
  canGateFail: false,
  canClearFail: false,
  levels: [{ severity: 'critical', when: (values) => (values[0] === 1 ? 'true' : 'false') }],
}

const RULES = new RuleSet([RULE], ['site']).of([])

/** The alert of one site: when it was first judged, and its state once there is one to tell. */
export type SiteDump = {
  readonly site: string
  readonly bornAt: number | null
  readonly alerts: readonly (readonly [rule: string, state: InstanceState])[]
}

/** One alert for a dark site (A43, A44), raised by the owner of that key's partition alone. */
export class SiteWatch {
  readonly #partition: number
  readonly #partitions: number
  readonly #sources: SourceTable
  readonly #sites = new Map<string, AlertInstances>()
  readonly #budget = new InstanceBudget()

  constructor(owner: { partition: number; partitions: number }, sources: SourceTable) {
    this.#partition = owner.partition
    this.#partitions = owner.partitions
    this.#sources = sources
  }

  /** Judged at each clock record, since darkness is a matter of wall time (A8). */
  judge(into: Results): void {
    for (const site of this.#sources.sites) {
      if (partitionOf(utf8(`${ALERT}\0${site}`), this.#partitions) !== this.#partition) continue
      const alerts = this.#of(site)
      const isDark = this.#sources.isDark(site)
      const end = this.#sources.now
      const window = {
        end,
        rev: 0,
        closed: true,
        complete: true,
        rows: 1,
        rowsAt: end,
        values: Float64Array.of(isDark ? 1 : 0),
        texts: [site],
      }
      const receipt = bareReceipt(into.wall)
      into.steps.push(...alerts.tick(window, () => ({ value: { dark: isDark ? 1 : 0 }, receipt })))
    }
  }

  act(command: HandlingCommand, into: Results): void {
    for (const alerts of this.#sites.values()) {
      into.steps.push(...alerts.act(command, this.#sources.now))
    }
  }

  expire(into: Results): void {
    for (const alerts of this.#sites.values()) into.steps.push(...alerts.expire(this.#sources.now))
  }

  dump(): readonly SiteDump[] {
    return Array.from(this.#sites, ([site, alerts]) => ({
      site,
      bornAt: alerts.bornAt,
      alerts: alerts.dump(),
    }))
  }

  load(dump: readonly SiteDump[]): void {
    for (const { site, bornAt, alerts: states } of dump) {
      const alerts = this.#of(site)
      alerts.bornAt = bornAt
      alerts.load(states)
    }
  }

  #of(site: string): AlertInstances {
    let alerts = this.#sites.get(site)
    if (alerts === undefined) {
      this.#sites.set(site, (alerts = new AlertInstances(RULES, { site }, this.#budget)))
    }
    return alerts
  }
}
