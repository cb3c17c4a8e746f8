import assert from 'node:assert/strict'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { Log } from '../log/log.ts'
import type { Notice, NoticeAlert } from '../model/notice.ts'
import type { Step, Told } from '../model/step.ts'
import type { SimulatedClock } from '../std/simulated-clock.ts'
import { decodeNotice, encodeNotice } from '../wire/notice-codec.ts'
import { decodeTransition, encodeTransition, transitionKey } from '../wire/step-codec.ts'
import { recordValue } from './record-value.ts'

/** Turns of the event loop that a condition may take. */
const TURNS_MAX = 200_000
const FINGERPRINT_DIGITS = 16

/** Lets I/O go on until the condition holds, moving the clock by `stepMs` where `mayMove`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  move?: {
    readonly clock: SimulatedClock
    readonly stepMs: number
    readonly mayMove: () => boolean
  },
): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    if (await condition()) return
    if (move?.mayMove() === true) move.clock.advance(move.stepMs)
    await setImmediate()
  }
  assert.fail(`the condition did not hold within ${TURNS_MAX} turns`)
}

/** The two topics of `notify`, kept for ever. */
export async function createTopics(log: Log, partitions: number): Promise<void> {
  for (const [topic, count] of [
    ['transitions', partitions],
    ['notices', 1],
  ] as const) {
    await log.createTopic({
      topic,
      partitions: count,
      cleanup: 'delete',
      retentionMs: -1,
      retentionBytes: -1,
      durability: 'ack',
      recordBytesMax: 1_048_576,
    })
  }
}

/** Every record value of a topic, partition by partition. */
async function valuesOf(log: Log, topic: string): Promise<Uint8Array[]> {
  const ends = await log.ends(topic)
  const leaving = new AbortController()
  const spec = {
    topics: [topic],
    start: 'earliest',
    sessionMs: 10_000,
    rebalanceMs: 25_000,
  } as const
  const values: Uint8Array[] = []
  let left = ends.filter(({ start, end }) => end > start).length
  if (left === 0) return values
  for await (const claim of log.claims(spec, leaving.signal)) {
    const { start, end } = ends[claim.partition] ?? { start: 0, end: 0 }
    if (end === start) continue
    const position = { offset: start, note: '' }
    for await (const batch of log.read(claim, { position, bytesMax: 1_048_576 })) {
      for (let row = 0; row < batch.count; row++) values.push(recordValue(batch, row))
      if (batch.next >= end) break
    }
    if (--left === 0) break
  }
  leaving.abort()
  return values
}

/** All told records in `transitions`. */
export async function toldsOf(log: Log): Promise<Told[]> {
  return (await valuesOf(log, 'transitions')).flatMap((value) => {
    const decoded = decodeTransition(value)
    return decoded.ok && decoded.record.kind === 'notice' ? [decoded.record] : []
  })
}

/** All notices, without the epochs. */
export async function noticesOf(log: Log): Promise<Notice[]> {
  return (await valuesOf(log, 'notices')).flatMap((value) => {
    const decoded = decodeNotice(value)
    return decoded.ok && 'receiver' in decoded.record ? [decoded.record] : []
  })
}

export const appendNotices = (log: Log, notices: readonly Notice[]): Promise<void> =>
  log.append(
    'notices',
    notices.map((notice) => ({ value: encodeNotice(notice) })),
  )

export const appendSteps = (log: Log, steps: readonly Step[]): Promise<void> =>
  log.append(
    'transitions',
    steps.map((step) => ({ key: transitionKey(step), value: encodeTransition(step) })),
  )

/** A step of alert number `alert`, whose episode became active `activeAt`. */
export function stepOf(changes: {
  readonly alert: number
  readonly seq: number
  readonly step: Step['step']
  readonly activeAt: number
  readonly labels?: Readonly<Record<string, string>>
  readonly reason?: Step['reason']
  readonly level?: Step['level']
}): Step {
  const { alert, seq, activeAt, step, level = 'critical' } = changes
  const fingerprint = alert.toString(16).padStart(FINGERPRINT_DIGITS, '0')
  const episode = `${fingerprint}-${activeAt}`
  const isHandling = step === 'acked' || step === 'unacked'
  return {
    v: 1,
    id: `${episode}-${seq}`,
    fingerprint,
    episode,
    seq,
    kind: isHandling ? 'handling' : 'condition',
    step,
    alert: 'RetransmitsHigh',
    monitor: 'tcp-retransmits',
    rule: 'tcp-retransmits/RetransmitsHigh',
    labels: {
      alertname: 'RetransmitsHigh',
      site: 'ams1',
      stream: `arena-${alert}`,
      severity: level,
      ...changes.labels,
    },
    annotations: { summary: `431 retransmits on arena-${alert}` },
    from: isHandling ? 'unacked' : 'inactive',
    to: isHandling ? 'acked' : 'firing',
    level,
    at: activeAt,
    reason: changes.reason ?? 'threshold',
    value: { retrans: 431 },
    window: null,
    complete: true,
    corrected: false,
    active_at: activeAt,
    fired_at: activeAt,
    receipt: { event: activeAt, read: null, pane: null, closed: null, fired: activeAt },
  }
}

/** The alert that a step shows. */
export const alertOf = (step: Step): NoticeAlert => ({
  status: step.step === 'resolved' ? 'resolved' : 'firing',
  labels: step.labels,
  annotations: step.annotations,
  starts_at: step.active_at ?? step.at,
  ends_at: step.step === 'resolved' ? step.at : null,
  fingerprint: step.fingerprint,
  episode: step.episode,
  seq: step.seq,
  receipt: step.receipt,
})

/** A notice of group number `group` that covers one step. */
export function noticeOf(changes: {
  readonly group: number
  readonly seq: number
  readonly plannedAt: number
  readonly receiver?: string
  readonly epoch?: number
}): Notice {
  const { group, seq, plannedAt, receiver = 'noc', epoch = 1 } = changes
  const step = stepOf({ alert: group, seq, step: 'firing', activeAt: plannedAt })
  return {
    v: 1,
    key: `g${group.toString(16).padStart(FINGERPRINT_DIGITS, '0')}-${plannedAt}`,
    seq,
    epoch,
    receiver,
    reason: seq === 1 ? 'first' : 'new_alerts',
    group: { alertname: 'RetransmitsHigh' },
    steps: [step.id],
    alerts: [alertOf(step)],
    truncated: 0,
    planned_at: plannedAt,
  }
}

/** What a receiver does with one request. */
export type Answer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | 'hang'
  | 'reset'

export type Received = {
  readonly key: string
  readonly seq: number
  readonly body: string
  readonly at: number
  readonly isAccepted: boolean
}

/** A receiver on a port of the system's choice, which answers as it is told. */
export class TestReceiver {
  readonly received: Received[] = []
  readonly #answer: (nth: number, path: string) => Answer
  readonly #now: () => number
  readonly #hanging = new Set<ServerResponse>()
  #server: Server | undefined
  #port = 0
  #nth = 0

  constructor(answer: (nth: number, path: string) => Answer, now: () => number) {
    this.#answer = answer
    this.#now = now
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`
  }

  /** Requests that it will not answer and that the sender has not yet given up. */
  get hangingCount(): number {
    return this.#hanging.size
  }

  async up(): Promise<void> {
    const server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (text: string) => (body += text))
      request.on('end', () =>
        this.#take({ headers: request.headers, path: request.url ?? '', body }, response),
      )
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    server.listen(this.#port, '127.0.0.1', resolve)
    await promise
    const address = server.address()
    if (typeof address === 'object' && address !== null) this.#port = address.port
    this.#server = server
  }

  async down(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server?.close(() => resolve())
    this.#server?.closeAllConnections()
    await promise
  }

  #take(
    {
      headers,
      path,
      body,
    }: {
      readonly headers: Readonly<Record<string, string | string[] | undefined>>
      readonly path: string
      readonly body: string
    },
    response: ServerResponse,
  ): void {
    const answer = this.#answer(this.#nth++, path)
    const isAccepted = typeof answer === 'object' && answer.status < 300
    const key = `${headers['nocturne-key'] ?? ''}`
    const seq = Number(headers['nocturne-seq'] ?? 0)
    this.received.push({ key, seq, body, at: this.#now(), isAccepted })
    if (answer === 'hang') {
      this.#hanging.add(response)
      response.on('close', () => this.#hanging.delete(response))
    } else if (answer === 'reset') response.socket?.resetAndDestroy()
    else response.writeHead(answer.status, answer.headers).end('ok')
  }
}
