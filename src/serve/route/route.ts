import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ServeContext } from '../serve-context.ts'

/** Answers one request; what it returns is sent as JSON, and what it throws as an error. */
export type Answer = (
  context: ServeContext,
  request: FastifyRequest,
  reply: FastifyReply,
) => unknown

/** One line of the table of all there is to ask for. */
export type Route = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly bodyBytesMax: number
  readonly answer: Answer
}
