import type { HandlingCommand } from '../../model/command.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { decodeJson, shape } from '../../wire/json-shape.ts'

const FIELDS: ReadonlySet<string> = new Set(['id', 'target', 'by', 'kind', 'until', 'comment'])
const ID = /^[A-Za-z0-9-]{8,64}$/
const TARGET = /^[0-9a-f]{16}-\d{1,16}$/
const BY_MAX = 64
const COMMENT_MAX = 500

/** C0 and C1 controls and the marks that reorder text: a name must not look like another. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

const refuse = (why: string): never => {
  throw new NocturneError('SERVE_BODY_INVALID', why)
}

const isText = (value: unknown, lengthMax: number): value is string =>
  typeof value === 'string' && value.length <= lengthMax && !UNPRINTABLE.test(value)

/**
 * The command that a body of `POST /api/ack` asks for (A50). `now` is when it arrived; a field
 * that is not known is refused, `__proto__` among them. @throws SERVE_BODY_INVALID.
 */
export function ackCommand(
  body: Uint8Array,
  { now, you }: { readonly now: number; readonly you: string },
): HandlingCommand {
  const decoded = decodeJson(body, shape.any)
  if (!decoded.ok) return refuse(`it is no ${decoded.reason === 'shape' ? 'object' : 'JSON'}`)
  const fields = new Map(Object.entries(decoded.value))
  for (const name of fields.keys()) if (!FIELDS.has(name)) refuse(`${name.slice(0, 40)} is unknown`)
  const id = fields.get('id')
  const target = fields.get('target')
  const by = fields.get('by') ?? you
  const kind = fields.get('kind') ?? 'ack'
  const until = fields.get('until') ?? null
  const comment = fields.get('comment') ?? ''
  if (!isText(id, 64) || !ID.test(id)) return refuse('id is not 8 to 64 letters, digits or hyphens')
  if (!isText(target, 64) || !TARGET.test(target)) return refuse('target is no episode')
  if (!isText(by, BY_MAX) || by.trim() === '') return refuse('by is not 1 to 64 characters')
  if (kind !== 'ack' && kind !== 'unack') return refuse('kind is neither ack nor unack')
  if (!isText(comment, COMMENT_MAX)) return refuse('comment is over 500 characters, or unprintable')
  if (until !== null && !(shape.integer(until) && until > now)) {
    return refuse('until is neither null nor a time to come')
  }
  return { v: 1, id, at: now, by: by.trim(), kind, target, until, comment }
}
