import { NocturneError } from '../../model/nocturne-error.ts'
import { commandKey, encodeCommand } from '../../wire/command-codec.ts'
import { ackCommand } from '../answer/ack-request.ts'
import type { AckAnswer } from '../contract.ts'
import { originFault } from '../answer/request-fault.ts'
import type { Answer, Route } from './route.ts'

const ACK_BYTES_MAX = 4_096
/** formats.md 3.5: packed; what it may unpack to is the intake's own bound. */
const READINGS_BYTES_MAX = 1_048_576

const bare = (contentType: string | undefined): string =>
  (contentType ?? '').split(';', 1).join('').trim().toLowerCase()

const bytesOf = (body: unknown): Uint8Array =>
  body instanceof Uint8Array ? body : new Uint8Array()

const ack: Answer = async (context, request, reply): Promise<AckAnswer> => {
  const { log, view, clock, config } = context
  const fault = originFault(request.headers, false)
  if (fault !== undefined) {
    context.count('request_refused', 'cross_site')
    throw new NocturneError('SERVE_CROSS_SITE', fault)
  }
  const contentType = bare(request.headers['content-type'])
  if (contentType !== 'application/json') {
    throw new NocturneError('SERVE_TYPE_UNSUPPORTED', contentType || 'none')
  }
  const command = ackCommand(bytesOf(request.body), { now: clock.now(), you: config.you })
  // While alerts are still being restored nobody knows what is open: the evaluator decides (A50).
  if (view.feed === 'live' && !view.isOpen(command.target)) {
    throw new NocturneError('SERVE_NO_OPEN_EPISODE', command.target)
  }
  const row = { partition: 0, key: commandKey(command), value: encodeCommand(command) }
  await log.append('commands', [row])
  void reply.code(202)
  return { id: command.id, state: 'requested' }
}

const readings: Answer = async (context, request, reply) => {
  const fault = originFault(request.headers, true)
  if (fault !== undefined) {
    context.count('request_refused', 'cross_site')
    throw new NocturneError('SERVE_CROSS_SITE', fault)
  }
  const answer = await context.intake(bytesOf(request.body), {
    contentType: bare(request.headers['content-type']),
    contentEncoding: (request.headers['content-encoding'] ?? '').toLowerCase(),
  })
  if (answer.retryAfterS !== undefined) void reply.header('retry-after', answer.retryAfterS)
  void reply.code(answer.status)
  return answer.body
}

/** What can be changed: what people decide, and readings. */
export const actionRoutes: readonly Route[] = [
  { method: 'POST', path: '/api/ack', bodyBytesMax: ACK_BYTES_MAX, answer: ack },
  { method: 'POST', path: '/v1/readings', bodyBytesMax: READINGS_BYTES_MAX, answer: readings },
]
