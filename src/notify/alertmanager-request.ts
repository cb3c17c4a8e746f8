import { utf8 } from '../std/bytes.ts'
import type { KeptAlert } from './alertmanager-state.ts'
import type { HttpRequest } from './http-post.ts'

/**
 * Alerts as `POST /api/v2/alerts` of an Alertmanager takes them. `url` is the instance's base,
 * as Prometheus is given it; an open alert ends at `endsAt` there unless it is sent again.
 */
export function alertmanagerRequest(
  alerts: readonly KeptAlert[],
  to: { readonly url: string; readonly externalUrl: string; readonly endsAt: number },
): HttpRequest {
  const body = alerts.map(({ step, startsAt, endsAt }) => ({
    labels: step.labels,
    annotations: {
      ...step.annotations,
      nocturne_key: step.episode,
      nocturne_seq: `${step.seq}`,
    },
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(endsAt ?? to.endsAt).toISOString(),
    generatorURL: `${to.externalUrl}/alerts/${step.episode}`,
  }))
  return {
    url: `${to.url.replace(/\/+$/, '')}/api/v2/alerts`,
    headers: { 'content-type': 'application/json', 'user-agent': 'Nocturne' },
    body: utf8(JSON.stringify(body)),
  }
}
