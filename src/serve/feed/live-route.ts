import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ServerResponse } from 'node:http'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { FeedSocket } from './live-queue.ts'
import { feedHeaders } from '../answer/response-headers.ts'
import type { ServeContext } from '../serve-context.ts'

const socketOf = (response: ServerResponse): FeedSocket => ({
  write: (text) => response.write(text),
  onDrain: (resume) => response.on('drain', resume),
  onClose: (gone) => response.on('close', gone),
  end: () => response.end(),
  destroy: () => response.destroy(),
})

/** `GET /api/live`: server-sent events until either side ends them. @throws SERVE_BUSY. */
export function answerLive(
  { feed }: Pick<ServeContext, 'feed'>,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const lastEventId = request.headers['last-event-id']
  const { raw } = reply
  // Headers leave with the first frame, so a refusal can still be an ordinary answer.
  for (const [name, value] of Object.entries(feedHeaders)) raw.setHeader(name, value)
  const id = typeof lastEventId === 'string' ? lastEventId : undefined
  if (!feed.open(socketOf(raw), id)) throw new NocturneError('SERVE_BUSY', 'live feeds')
  return reply.hijack()
}
