import type { FactRecord } from '../model/pane.ts'
import { utf8 } from '../std/bytes.ts'
import { shape, type Shape } from './json-shape.ts'

/** What the past of a group was (H2): JSON; its key is that of the group's panes. */
export const encodeFact = (fact: FactRecord): Uint8Array => utf8(JSON.stringify(fact))

/** Whether a parsed record says what the past of a group was. */
export const isFact: Shape<FactRecord> = shape.object<FactRecord>({
  v: shape.one(1),
  site: shape.one('history'),
  monitor: shape.text,
  definition: shape.text,
  scope: shape.text,
  group: shape.list(shape.orNull(shape.text)),
  facts: shape.map(shape.orNull(shape.number)),
  at: shape.integer,
  until: shape.integer,
})
