import type { Notice, NoticeAlert } from '../model/notice.ts'
import { utf8 } from '../std/bytes.ts'
import type { HttpRequest } from './http-post.ts'

/** Alertmanager's zero time: the alert has no end yet. */
const NO_END = '0001-01-01T00:00:00Z'

type Labels = Readonly<Record<string, string>>

/**
 * A notice as Alertmanager's webhook sends it, body version "4", so whatever reads Alertmanager's
 * reads ours. Its (key, seq) are in the headers. The same notice makes the same bytes (A61).
 */
export function webhookRequest(
  notice: Notice,
  { url, externalUrl }: { readonly url: string; readonly externalUrl: string },
): HttpRequest {
  const { alerts } = notice
  const body = {
    receiver: notice.receiver,
    status: alerts.some((alert) => alert.status === 'firing') ? 'firing' : 'resolved',
    alerts: alerts.map((alert) => webhookAlert(alert, externalUrl)),
    groupLabels: sorted(notice.group),
    commonLabels: inAll(alerts.map((alert) => alert.labels)),
    commonAnnotations: inAll(alerts.map((alert) => alert.annotations)),
    externalURL: externalUrl,
    version: '4',
    groupKey: `{}:${labelText(notice.group)}`,
    truncatedAlerts: notice.truncated,
    notification_reason: notice.reason,
  }
  return {
    url,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Nocturne',
      'nocturne-key': notice.key,
      'nocturne-seq': `${notice.seq}`,
    },
    body: utf8(JSON.stringify(body)),
  }
}

const webhookAlert = (alert: NoticeAlert, externalUrl: string) => ({
  status: alert.status,
  labels: sorted(alert.labels),
  annotations: sorted(alert.annotations),
  startsAt: new Date(alert.starts_at).toISOString(),
  endsAt: alert.ends_at === null ? NO_END : new Date(alert.ends_at).toISOString(),
  generatorURL: `${externalUrl}/alerts/${alert.episode}`,
  fingerprint: alert.fingerprint,
})

/** By name, as Go writes maps. */
const sorted = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))

function inAll(sets: readonly Labels[]): Labels {
  const [first, ...rest] = sets
  if (first === undefined) return {}
  const equal = Object.entries(first).filter(([name, value]) =>
    rest.every((labels) => Object.hasOwn(labels, name) && labels[name] === value),
  )
  return sorted(Object.fromEntries(equal))
}

const labelText = (labels: Labels): string => {
  const pairs = Object.entries(sorted(labels)).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  )
  return `{${pairs.join(', ')}}`
}
