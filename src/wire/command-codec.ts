// A record of `commands` (formats.md 2): one JSON object, key = target.
import type { Command } from '../model/command.ts'
import { utf8 } from '../std/bytes.ts'
import { decodeJson, shape, type JsonFault } from './json-shape.ts'

/** The value of a command's record. */
export const encodeCommand = (command: Command): Uint8Array => utf8(JSON.stringify(command))

/** Key of a command's record: what it acts on. */
export const commandKey = (command: Command): Uint8Array => utf8(command.target)

const isCommand = shape.object<Command>({
  v: shape.one(1),
  id: shape.text,
  at: shape.integer,
  by: shape.text,
  kind: shape.one('ack', 'unack'),
  target: shape.text,
  until: shape.orNull(shape.integer),
  comment: shape.text,
})

/** Reads a record of `commands`, or says why it is none. */
export function decodeCommand(
  bytes: Uint8Array,
):
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly reason: JsonFault } {
  const parsed = decodeJson(bytes, isCommand)
  return parsed.ok ? { ok: true, command: parsed.value } : parsed
}
