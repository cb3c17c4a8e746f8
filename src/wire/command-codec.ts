// A record of `commands` (formats.md 2): one JSON object, key = target.
import type { Command, HandlingCommand, RulesCommand } from '../model/command.ts'
import type { MonitorSpec, RuleSpec } from '../model/monitor.ts'
import { utf8 } from '../std/bytes.ts'
import { decodeJson, shape, type JsonFault, type Shape } from './json-shape.ts'

/** The value of a command's record. */
export const encodeCommand = (command: Command): Uint8Array => utf8(JSON.stringify(command))

/** Key of a command's record: what it acts on. */
export const commandKey = (command: Command): Uint8Array => utf8(command.target)

const asked = { v: shape.one(1), id: shape.text, at: shape.integer, by: shape.text } as const

const isHandling = shape.object<HandlingCommand>({
  ...asked,
  kind: shape.one('ack', 'unack'),
  target: shape.text,
  until: shape.orNull(shape.integer),
  comment: shape.text,
})

/** Expressions and limits were checked before they were written; here only what holds them. */
const isMonitor = (value: unknown): value is Omit<MonitorSpec, 'rules'> => isHead(value)
const isHead = shape.object<Pick<MonitorSpec, 'id' | 'definition' | 'groupBy'> & Lists>({
  id: shape.text,
  definition: shape.text,
  groupBy: shape.list(shape.text),
  window: shape.any,
  aggregates: shape.list(shape.any),
  values: shape.list(shape.any),
  scopes: shape.list(shape.one('site', 'all')),
})
type Lists = { window: object; aggregates: object; values: object; scopes: MonitorSpec['scopes'] }

const isRule = (value: unknown): value is RuleSpec => isRuleHead(value)
const isRuleHead = shape.object<Pick<RuleSpec, 'id' | 'alert' | 'monitor'> & { levels: object }>({
  id: shape.text,
  alert: shape.text,
  monitor: shape.text,
  levels: shape.list(shape.any),
})

const isRules = shape.object<RulesCommand>({
  ...asked,
  kind: shape.one('rules'),
  target: shape.text,
  hash: shape.text,
  part: shape.count,
  parts: shape.count,
  monitor: shape.orNull(isMonitor),
  rules: shape.list(isRule),
})

const isCommand: Shape<Command> = (value): value is Command => isHandling(value) || isRules(value)

/** Reads a record of `commands`, or says why it is none. */
export function decodeCommand(
  bytes: Uint8Array,
):
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly reason: JsonFault } {
  const parsed = decodeJson(bytes, isCommand)
  return parsed.ok ? { ok: true, command: parsed.value } : parsed
}
