// A record of `transitions` (formats.md 2, alerting.md 11): a step or what was told of one, as one
// JSON object; key = fingerprint.
import type { Step, Told } from '../model/step.ts'
import { utf8 } from '../std/bytes.ts'
import { decodeJson, shape, type JsonFault } from './json-shape.ts'

/** The value of a record of `transitions`. */
export const encodeTransition = (record: Step | Told): Uint8Array => utf8(JSON.stringify(record))

/** Key of a record of `transitions`: the fingerprint, so that one alert's steps have one order. */
export const transitionKey = (record: Step | Told): Uint8Array => utf8(record.fingerprint)

const instant = shape.orNull(shape.integer)
const conditions = ['inactive', 'pending', 'firing', 'recovering'] as const
const dataStates = ['fresh', 'nodata', 'error', 'ended'] as const
const isState = shape.one(...conditions, ...dataStates, 'unacked', 'acked')

const isStep = shape.object<Step>({
  v: shape.one(1),
  id: shape.text,
  fingerprint: shape.text,
  episode: shape.text,
  seq: shape.count,
  kind: shape.one('condition', 'data', 'handling'),
  step: shape.one(
    'pending',
    'firing',
    'dropped',
    'raised',
    'lowered',
    'cause',
    'recovering',
    'refiring',
    'resolved',
    'nodata',
    'fresh',
    'acked',
    'unacked',
  ),
  alert: shape.text,
  monitor: shape.text,
  rule: shape.text,
  labels: shape.map(shape.text),
  annotations: shape.map(shape.text),
  from: isState,
  to: isState,
  level: shape.one('info', 'warning', 'critical'),
  at: shape.integer,
  reason: shape.one(
    'threshold',
    'absent',
    'ok',
    'not_held',
    'unknown_too_long',
    'rule_removed',
    'rows',
    'by',
    'expired',
    'raised',
    'site_down',
    'site_back',
  ),
  value: shape.map(shape.number),
  stderr: shape.optional(shape.map(shape.number)),
  window: shape.orNull(
    shape.object<NonNullable<Step['window']>>({
      end: shape.integer,
      rev: shape.count,
      early: shape.flag,
    }),
  ),
  complete: shape.flag,
  corrected: shape.flag,
  active_at: instant,
  fired_at: instant,
  by: shape.optional(shape.text),
  comment: shape.optional(shape.text),
  until: shape.optional(instant),
  receipt: shape.object<Step['receipt']>({
    event: instant,
    appended: instant,
    read: instant,
    pane: instant,
    closed: instant,
    fired: shape.integer,
    forwarded: shape.optional(shape.integer),
  }),
})

const isTold = shape.object<Told>({
  v: shape.one(1),
  kind: shape.one('notice'),
  of: shape.text,
  fingerprint: shape.text,
  receiver: shape.text,
  outcome: shape.one('sent', 'refused', 'gave_up', 'collapsed'),
  attempt: shape.count,
  sent: shape.integer,
  key: shape.text,
  seq: shape.count,
  site: shape.optional(shape.text),
})

const isTransition = (value: unknown): value is Step | Told => isStep(value) || isTold(value)

/** Reads a record of `transitions`, or says why it is none. */
export function decodeTransition(
  bytes: Uint8Array,
):
  | { readonly ok: true; readonly record: Step | Told }
  | { readonly ok: false; readonly reason: JsonFault } {
  const parsed = decodeJson(bytes, isTransition)
  return parsed.ok ? { ok: true, record: parsed.value } : parsed
}
