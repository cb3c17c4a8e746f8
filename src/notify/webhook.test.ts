import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Text } from '../std/bytes.ts'
import { alertOf, noticeOf, stepOf } from './notify-records.suite.ts'
import { webhookRequest } from './webhook.ts'

const at = Date.UTC(2026, 10, 22, 21, 4, 11)
const to = { url: 'http://127.0.0.1:9/hook', externalUrl: 'http://nocturne' }
const firing = stepOf({ alert: 1, seq: 2, step: 'firing', activeAt: at })
const resolved = stepOf({ alert: 2, seq: 3, step: 'resolved', activeAt: at })

test('the body is Alertmanager’s, version 4, and the headers carry key and seq', () => {
  const base = noticeOf({ group: 1, seq: 3, plannedAt: at })
  const notice = { ...base, alerts: [alertOf(firing), alertOf(resolved)], truncated: 2 }

  const request = webhookRequest(notice, to)
  const body = JSON.parse(utf8Text(request.body))

  assert.equal(request.headers['nocturne-key'], notice.key)
  assert.equal(request.headers['nocturne-seq'], '3')
  assert.deepEqual(body.alerts[0], {
    status: 'firing',
    labels: firing.labels,
    annotations: firing.annotations,
    startsAt: '2026-11-22T21:04:11.000Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: `http://nocturne/alerts/${firing.episode}`,
    fingerprint: firing.fingerprint,
  })
  assert.deepEqual(
    { ...body, alerts: body.alerts.length },
    {
      receiver: 'noc',
      status: 'firing',
      alerts: 2,
      groupLabels: { alertname: 'RetransmitsHigh' },
      commonLabels: { alertname: 'RetransmitsHigh', severity: 'critical', site: 'ams1' },
      commonAnnotations: {},
      externalURL: 'http://nocturne',
      version: '4',
      groupKey: '{}:{alertname="RetransmitsHigh"}',
      truncatedAlerts: 2,
      notification_reason: 'new_alerts',
    },
  )
})

test('[A61] the same notice makes the same bytes, and none open makes it resolved', () => {
  const notice = { ...noticeOf({ group: 1, seq: 1, plannedAt: at }), alerts: [alertOf(resolved)] }

  assert.deepEqual(webhookRequest(notice, to).body, webhookRequest(notice, to).body)
  assert.equal(JSON.parse(utf8Text(webhookRequest(notice, to).body)).status, 'resolved')
})
