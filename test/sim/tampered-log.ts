import type { Log, LogRecord } from '../../src/log/log.ts'

/** A log of which some calls are another's. */
export const tampered = (log: Log, changes: Partial<Log>): Log => ({
  createTopic: (spec) => log.createTopic(spec),
  append: (topic, rows) => log.append(topic, rows),
  claims: (group, signal) => log.claims(group, signal),
  position: (claim) => log.position(claim),
  read: (claim, options) => log.read(claim, options),
  commit: (claim, offset, note) => log.commit(claim, offset, note),
  ends: (topic) => log.ends(topic),
  close: () => log.close(),
  ...changes,
})

type Rows = readonly LogRecord[]

/** A log that makes something else of what is appended to one topic in its `nth` append. */
export const appending =
  (topic: string, nth: number, change: (rows: Rows) => Rows) =>
  (log: Log): Log => {
    let count = 0
    return tampered(log, {
      append: (to, rows) => {
        const isIt = to === topic && ++count === nth
        return log.append(to, isIt ? change(rows) : rows)
      },
    })
  }

/** A log that answers appends to a topic at once, and is so many of them behind. */
export const lagging =
  (topic: string, by: number) =>
  (log: Log): Log => {
    const held: Rows[] = []
    return tampered(log, {
      append: async (to, rows) => {
        if (to !== topic) return log.append(to, rows)
        held.push(rows.map((row) => structuredClone(row)))
        if (held.length > by) await log.append(to, held.splice(0, 1)[0]!)
      },
    })
  }

/** Rows whose values, read as JSON, were changed. */
export const withJson =
  (change: (value: Readonly<Record<string, unknown>>) => object) =>
  (rows: Rows): Rows =>
    rows.map((row) => {
      const value = JSON.parse(new TextDecoder().decode(row.value)) as Record<string, unknown>
      return { ...row, value: new TextEncoder().encode(JSON.stringify(change(value))) }
    })
