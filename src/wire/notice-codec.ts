// A record of `notices` (A61): a planned notice or a plan owner's epoch, as one JSON object.
import type { Notice, NoticeAlert, PlanEpoch } from '../model/notice.ts'
import { utf8 } from '../std/bytes.ts'
import { decodeJson, shape, type JsonFault } from './json-shape.ts'

/** The value of a record of `notices`. */
export const encodeNotice = (record: Notice | PlanEpoch): Uint8Array => utf8(JSON.stringify(record))

const instant = shape.orNull(shape.integer)

const isAlert = shape.object<NoticeAlert>({
  status: shape.one('firing', 'resolved'),
  labels: shape.map(shape.text),
  annotations: shape.map(shape.text),
  starts_at: shape.integer,
  ends_at: instant,
  fingerprint: shape.text,
  episode: shape.text,
  seq: shape.count,
  receipt: shape.object<NoticeAlert['receipt']>({
    event: instant,
    appended: instant,
    read: instant,
    pane: instant,
    closed: instant,
    fired: shape.integer,
    forwarded: shape.optional(shape.integer),
  }),
})

const isNotice = shape.object<Notice>({
  v: shape.one(1),
  key: shape.text,
  seq: shape.count,
  epoch: shape.count,
  receiver: shape.text,
  reason: shape.one(
    'first',
    'new_alerts',
    'raised',
    'some_resolved',
    'all_resolved',
    'repeat',
    'unacked',
  ),
  group: shape.map(shape.text),
  steps: shape.list(shape.text),
  alerts: shape.list(isAlert),
  truncated: shape.count,
  planned_at: shape.integer,
})

const isEpoch = shape.object<PlanEpoch>({
  v: shape.one(1),
  epoch: shape.count,
  at: shape.integer,
})

const isRecord = (value: unknown): value is Notice | PlanEpoch => isNotice(value) || isEpoch(value)

/** Reads a record of `notices`, or says why it is none; only a notice has a `receiver`. */
export function decodeNotice(
  bytes: Uint8Array,
):
  | { readonly ok: true; readonly record: Notice | PlanEpoch }
  | { readonly ok: false; readonly reason: JsonFault } {
  const parsed = decodeJson(bytes, isRecord)
  return parsed.ok ? { ok: true, record: parsed.value } : parsed
}
