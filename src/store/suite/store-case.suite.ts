import type { Clock } from '../../std/clock.ts'
import type { Step, Told } from '../../model/step.ts'
import type { WindowResult } from '../../model/window-result.ts'
import type { Store } from '../store.ts'

/** One adapter over one place of its own, empty at first. */
export type StoreFactory = (clock: Clock) => Promise<{
  open(): Promise<Store>
  destroy(): Promise<void>
}>

/** One promise of the seam. */
export type StoreCase = { readonly title: string; readonly run: (store: Store) => Promise<void> }

/** When the windows of these cases begin to end, epoch ms. */
export const STARTED_AT = 1_795_383_150_000

type WindowChanges = Partial<WindowResult> & { readonly stream?: string }

/** A closed window of 10 s of monitor `loss`, of stream `arena-1` at pop `ams1-e2`. */
export function windowResult(changes: WindowChanges = {}): WindowResult {
  const { stream = 'arena-1', ...given } = changes
  const whole = {
    v: 1 as const,
    scope: 'ams1',
    monitor: 'loss',
    definition: '8c1f000000000000',
    group: { stream, pop: 'ams1-e2' },
    end: STARTED_AT,
    rev: 1_687_561,
    closed: true,
    rows: 412,
    values: { retrans: 431, loss: 0.0252 },
    sources: { expected: 4, reported: 3, missing: ['fra1', 'fra1/2'] },
    complete: false,
    corrected: false,
    receipt: { event: STARTED_AT - 129, read: STARTED_AT - 120, pane: STARTED_AT, closed: null },
    ...given,
  }
  const group = JSON.stringify(Object.values(whole.group))
  const id = `${whole.scope}|${whole.monitor}|${group}|${whole.end}`
  return { id, start: whole.end - 10_000, ...whole }
}

/** A firing step of one alert. */
export function step(changes: Partial<Step> = {}): Step {
  const seq = changes.seq ?? 1
  const fingerprint = changes.fingerprint ?? 'ad40c6e91ecec5d7'
  const episode = `${fingerprint}-${STARTED_AT}`
  return {
    v: 1,
    id: `${episode}-${seq}`,
    fingerprint,
    episode,
    seq,
    kind: 'condition',
    step: 'firing',
    alert: 'LossHigh',
    monitor: 'loss',
    rule: 'loss/LossHigh',
    labels: { alertname: 'LossHigh', stream: 'arena-1' },
    annotations: { summary: 'loss is high' },
    from: 'pending',
    to: 'firing',
    level: 'critical',
    at: STARTED_AT,
    reason: 'threshold',
    value: { loss: 0.07 },
    window: { end: STARTED_AT, rev: 1_630_208, early: true },
    complete: true,
    corrected: false,
    active_at: STARTED_AT,
    fired_at: STARTED_AT,
    receipt: {
      event: null,
      appended: null,
      read: null,
      pane: null,
      closed: null,
      fired: STARTED_AT + 5,
    },
    ...changes,
  }
}

/** What the receiver `noc` was told of a step. */
export const toldOf = (of: Step, changes: Partial<Told> = {}): Told => ({
  v: 1,
  kind: 'notice',
  of: of.id,
  fingerprint: of.fingerprint,
  receiver: 'noc',
  outcome: 'sent',
  attempt: 1,
  sent: STARTED_AT + 700,
  key: 'g1-1',
  seq: 1,
  ...changes,
})
