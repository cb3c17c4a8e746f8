import type { Environment } from '../alert/expression.ts'
import { historyTerms } from '../alert/history-terms.ts'
import { monotony } from '../alert/monotone.ts'
import { templateNames } from '../alert/template.ts'
import { readingFields } from '../model/reading.ts'
import type { HistoryTerm } from '../model/history-term.ts'
import type { LevelSpec, MonitorSpec, RuleSpec, Scope, Severity } from '../model/monitor.ts'
import { checkBound } from './check-bound.ts'
import { checkHistory } from './check-history.ts'
import type { ConfigPath } from './config-error.ts'
import { compiledExpression, type Findings } from './expressions.ts'
import { nearestName } from './nearest-name.ts'
import type { RuleFields } from './schema/monitor-schema.ts'

/** What a rule sees of its monitor. */
export type RuleHome = {
  readonly monitor: Omit<MonitorSpec, 'rules' | 'scopes'>
  readonly environment: Environment
  /** Aggregates, values and group fields. */
  readonly names: readonly string[]
  readonly path: ConfigPath
  readonly findings: Findings
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }
const SEVERITY_DEFAULT: Severity = 'warning'
/** What every alert carries beside its own group and labels. */
const ALWAYS_NAMED = ['alertname', 'severity', 'site'] as const
const neverNegative = new Set(
  readingFields.filter(({ kind }) => kind === 'D' || kind === 'E').map(({ name }) => name),
)

/** Scopes of rules that say nothing: local where the group names a place (alerting.md 3). */
export const scopesOf = (groupBy: readonly string[]): readonly Scope[] =>
  groupBy.includes('site') || groupBy.includes('pop') ? ['site'] : ['all']

/** A rule as written, checked and with all defaults filled in. */
export function compileRule(rule: RuleFields, home: RuleHome): RuleSpec {
  checkShape(rule, home)
  const levels = levelsOf(rule, home)
  const gate = rule.gate === undefined ? undefined : condition(rule.gate, home, ['gate'])
  const isInstant = (rule.for ?? 0) === 0 && (rule.of === undefined || rule.of.m === 1)
  const judged = { levels, ...(gate === undefined ? {} : { gate }) }
  const { aggregates } = home.monitor
  const isMonotone = monotony(judged, { aggregates, neverNegative }).monotone
  if (rule.bound !== undefined) checkBound(levels, home)
  checkHistory(judged, home)
  const terms = historyTerms([judged])
  checkTexts(rule, { ...home, names: [...home.names, ...terms.keys()] })
  return {
    id: `${home.monitor.id}/${rule.alert}`,
    alert: rule.alert,
    monitor: home.monitor.id,
    levels,
    ...(gate === undefined ? {} : { gate }),
    forMs: rule.for ?? 0,
    ...(rule.of === undefined ? {} : { of: rule.of }),
    clearForMs: rule.clear_for,
    ...(rule.absent_after === undefined ? {} : { absentAfterMs: rule.absent_after }),
    absentSeverity:
      rule.absent_severity ?? levels[0]?.severity ?? rule.severity ?? SEVERITY_DEFAULT,
    empty: rule.empty,
    scopes: scopesWritten(rule) ?? scopesOf(home.monitor.groupBy),
    // An interval can widen as rows come, so a bound is read of closed windows alone (S6).
    early: rule.early === 'auto' && isInstant && isMonotone && rule.bound === undefined,
    ...(rule.bound === undefined ? {} : { bound: rule.bound }),
    freezeMaxMs: rule.freeze_max,
    instancesMax: rule.max_instances,
    layer: rule.layer,
    labels: rule.labels,
    annotations: { ...(terms.size > 0 && { summary: reasonText(terms) }), ...rule.annotations },
    ...(rule.runbook === undefined ? {} : { runbook: rule.runbook }),
  }
}

function scopesWritten({ scope }: RuleFields): readonly Scope[] | undefined {
  if (scope === undefined) return undefined
  return typeof scope === 'string' ? [scope] : [...new Set(scope)]
}

const condition = (source: string, home: RuleHome, below: ConfigPath) =>
  compiledExpression(source, home.environment, {
    path: [...home.path, ...below],
    findings: home.findings,
  }).expression

function levelsOf(rule: RuleFields, home: RuleHome): readonly LevelSpec[] {
  const written =
    rule.levels?.map((level, i) => ({ ...level, below: ['levels', i] })) ??
    (rule.when === undefined
      ? []
      : [
          {
            severity: rule.severity ?? SEVERITY_DEFAULT,
            when: rule.when,
            clear: rule.clear,
            below: [],
          },
        ])
  return written.map(({ severity, when, clear, below }) => ({
    severity,
    when: condition(when, home, [...below, 'when']),
    ...(clear === undefined ? {} : { clear: condition(clear, home, [...below, 'clear']) }),
  }))
}

/** What the schema cannot say: fields that exclude, need or bound each other. */
function checkShape(rule: RuleFields, { monitor, path, findings }: RuleHome): void {
  const refuse = (key: string, message: string, advice: string): void => {
    findings.push({ path: [...path, key], message, advice })
  }
  const { levels, of } = rule
  if (levels === undefined && rule.when === undefined && rule.absent_after === undefined) {
    refuse('when', 'is missing', 'write when: …, or absent_after: 15s to judge silence alone')
  }
  if (levels !== undefined && (rule.when ?? rule.clear ?? rule.severity) !== undefined) {
    refuse('levels', 'stands beside when, clear or severity', 'write those into each level')
  }
  if (rule.when === undefined && rule.clear !== undefined && levels === undefined) {
    refuse('clear', 'has no when beside it', 'write when: … or leave clear out')
  }
  const rising = levels ?? []
  for (let i = 1; i < rising.length; i++) {
    if (RANK[rising[i]!.severity] > RANK[rising[i - 1]!.severity]) continue
    refuse(
      'levels',
      'do not rise',
      'write each severity once, in the order info, warning, critical',
    )
  }
  if (of !== undefined && rule.for !== undefined) {
    refuse('of', 'stands beside for', 'write one of them: held for a time, or m of the last n')
  }
  if (of !== undefined && of.m > of.n) refuse('of', 'm is above n', 'write of: { m: 3, n: 5 }')
  if (rule.absent_after !== undefined && rule.absent_after < monitor.window.hopMs) {
    refuse(
      'absent_after',
      'is below the hop',
      `write at least absent_after: ${monitor.window.hopMs}ms`,
    )
  }
}

/** What a rule that asks the past says where its author wrote no summary: each side by its name. */
function reasonText(terms: ReadonlyMap<string, HistoryTerm>): string {
  const names = new Set(Array.from(terms.values(), ({ name }) => name))
  return [...names, ...terms.keys()].map((name) => `${name} {{${name}}}`).join(', ')
}

/** Labels must not change who an alert is (A10), and templates must name what exists. */
function checkTexts(rule: RuleFields, { monitor, names, path, findings }: RuleHome): void {
  for (const name of Object.keys(rule.labels)) {
    if (!ALWAYS_NAMED.some((each) => each === name) && !monitor.groupBy.includes(name)) continue
    findings.push({
      path: [...path, 'labels', name],
      message: 'is a label that the alert has already',
      advice: 'choose another name',
    })
  }
  const known = [...names, ...ALWAYS_NAMED, ...Object.keys(rule.labels)]
  for (const [key, template] of Object.entries(rule.annotations)) {
    for (const name of templateNames(template)) {
      if (known.includes(name)) continue
      const near = nearestName(name, known)
      findings.push({
        path: [...path, 'annotations', key],
        message: `{{${name}}} stands for nothing`,
        advice:
          near === undefined ? `write one of ${known.join(', ')}` : `did you mean {{${near}}}?`,
      })
    }
  }
}
