import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Notice } from '../model/notice.ts'
import { utf8 } from '../std/bytes.ts'
import { decodeNotice, encodeNotice } from './notice-codec.ts'

const notice: Notice = {
  v: 1,
  key: 'g0000000000000001-1795383160000',
  seq: 1,
  epoch: 2,
  receiver: 'noc-webhook',
  reason: 'first',
  group: { stream: 'arena-1' },
  steps: ['ad40c6e91ecec5d7-1795383160000-1'],
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'RetransmitsHigh' },
      annotations: {},
      starts_at: 1_795_383_160_000,
      ends_at: null,
      fingerprint: 'ad40c6e91ecec5d7',
      episode: 'ad40c6e91ecec5d7-1795383160000',
      seq: 1,
      receipt: { event: 1, appended: 1, read: 2, pane: 3, closed: null, fired: 4 },
    },
  ],
  truncated: 0,
  planned_at: 1_795_383_160_019,
}

test('a notice and a plan owner’s epoch are read back as they were written', () => {
  const epoch = { v: 1, epoch: 3, at: 1_795_383_160_000 } as const

  assert.deepEqual(decodeNotice(encodeNotice(notice)), { ok: true, record: notice })
  assert.deepEqual(decodeNotice(encodeNotice(epoch)), { ok: true, record: epoch })
})

test('a notice with another shape is refused', () => {
  const strange = { ...notice, epoch: -1 }

  assert.deepEqual(decodeNotice(utf8(JSON.stringify(strange))), { ok: false, reason: 'shape' })
})
