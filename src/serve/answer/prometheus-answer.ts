import type { MonitorSpec, RuleSpec } from '../../model/monitor.ts'
import type { AlertView } from '../contract.ts'
import { ruleText } from './expression-text.ts'

/** Prometheus writes times as RFC 3339. */
const instantText = (at: number): string => new Date(at).toISOString()

/** As Go's `strconv.FormatFloat(v, 'e', -1, 64)`: two digits of exponent at least. */
const numberText = (value: number): string =>
  value.toExponential().replace(/e([+-])(\d)$/, (_, sign, digit) => `e${sign}0${digit}`)

const alertAnswer = (alert: AlertView) => ({
  labels: { alertname: alert.alert, ...alert.labels, severity: alert.level },
  annotations: alert.annotations,
  state: alert.condition === 'pending' ? 'pending' : 'firing',
  activeAt: instantText(alert.active_at),
  value: numberText(Object.values(alert.value)[0] ?? 0),
})

function ruleAnswer(rule: RuleSpec, alerts: readonly AlertView[]) {
  const mine = alerts.filter(
    ({ alert, monitor }) => alert === rule.alert && monitor === rule.monitor,
  )
  const isFiring = mine.some(({ condition }) => condition !== 'pending')
  return {
    type: 'alerting',
    name: rule.alert,
    query: ruleText(rule),
    duration: rule.forMs / 1_000,
    keepFiringFor: rule.clearForMs / 1_000,
    labels: { ...rule.labels, severity: rule.levels.at(-1)?.severity ?? rule.absentSeverity },
    annotations: rule.annotations,
    alerts: mine.map(alertAnswer),
    health: 'ok',
    state: isFiring ? 'firing' : mine.length > 0 ? 'pending' : 'inactive',
  }
}

/** Both answers of Prometheus' HTTP API that its clients ask an alert generator for. */
export const prometheusAnswer = {
  alerts: (alerts: readonly AlertView[]) => ({
    status: 'success',
    data: { alerts: alerts.map(alertAnswer) },
  }),
  /** A monitor is a group, evaluated once a hop. */
  rules: (monitors: readonly MonitorSpec[], alerts: readonly AlertView[]) => ({
    status: 'success',
    data: {
      groups: monitors.map((monitor) => ({
        name: monitor.id,
        file: 'nocturne',
        interval: monitor.window.hopMs / 1_000,
        limit: 0,
        rules: monitor.rules.map((rule) => ruleAnswer(rule, alerts)),
      })),
    },
  }),
}
