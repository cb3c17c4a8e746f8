import { valueOf, type TopicHistory } from './history.ts'

/** Where each value was read first, and all offsets that it was read at. */
type Places = ReadonlyMap<string, ReadonlySet<number>>

/** What must not be, each named by its rule (J1 to J6). The readings have seen everything. */
export function violationsIn(history: TopicHistory): readonly string[] {
  const partitions = new Set(history.appends.map(({ partition }) => partition))
  for (const { partition } of history.readings) partitions.add(partition)
  return [...partitions].flatMap((partition) => {
    const appends = history.appends.filter((one) => one.partition === partition)
    const readings = history.readings.filter((one) => one.partition === partition)
    const part = { appends, readings }
    const places = placesOf(part)
    const found = [
      ...lost(part, places),
      ...doubled(part, places),
      ...disordered(part, places),
      ...inconsistent(part),
      ...backward(part),
      ...skipped(part),
    ]
    return found.map((violation) => `${violation} in partition ${partition}`)
  })
}

function placesOf({ readings }: TopicHistory): Places {
  const places = new Map<string, Set<number>>()
  for (const { offset, value } of readings.flatMap(({ rows }) => rows)) {
    const there = places.get(value) ?? new Set()
    places.set(value, there.add(offset))
  }
  return places
}

function lost({ appends }: TopicHistory, places: Places): string[] {
  return appends
    .filter(({ outcome }) => outcome === 'ok')
    .map(({ writer, sequence }) => valueOf(writer, sequence))
    .filter((value) => !places.has(value))
    .map((value) => `J1 ${value} was acknowledged and is lost`)
}

function doubled({ appends }: TopicHistory, places: Places): string[] {
  return appends
    .filter(({ outcome }) => outcome !== 'unknown')
    .map(({ writer, sequence }) => valueOf(writer, sequence))
    .filter((value) => (places.get(value)?.size ?? 0) > 1)
    .map((value) => `J2 ${value} stands at ${[...places.get(value)!].join(' and ')}`)
}

function disordered({ appends }: TopicHistory, places: Places): string[] {
  const found: string[] = []
  for (const [writer, own] of Map.groupBy(appends, (one) => one.writer)) {
    let before = -1
    for (const { sequence } of own.toSorted((a, b) => a.sequence - b.sequence)) {
      const offsets = places.get(valueOf(writer, sequence))
      if (offsets === undefined) continue
      const offset = Math.min(...offsets)
      if (offset < before) found.push(`J3 ${writer}:${sequence} stands before an earlier one`)
      before = Math.max(before, offset)
    }
  }
  return found
}

function inconsistent({ readings }: TopicHistory): string[] {
  const values = new Map<number, string>()
  const found: string[] = []
  for (const { offset, value } of readings.flatMap(({ rows }) => rows)) {
    const there = values.get(offset) ?? value
    if (there !== value) found.push(`J4 offset ${offset} is ${there} and ${value}`)
    values.set(offset, there)
  }
  return found
}

function backward({ readings }: TopicHistory): string[] {
  return readings.flatMap(({ reader, rows }) =>
    rows
      .filter(({ offset }, i) => i > 0 && offset <= rows[i - 1]!.offset)
      .map(({ offset }) => `J5 ${reader} read ${offset} after one that is no less`),
  )
}

function skipped({ readings }: TopicHistory): string[] {
  const known = new Set(readings.flatMap(({ rows }) => rows.map(({ offset }) => offset)))
  return readings.flatMap(({ reader, rows }) =>
    rows.flatMap(({ offset }, i) => {
      const before = rows[i - 1]?.offset ?? offset
      const missed = Array.from({ length: Math.max(0, offset - before - 1) }, (_, n) => n)
      return missed
        .map((n) => before + 1 + n)
        .filter((jumped) => known.has(jumped))
        .map((jumped) => `J6 ${reader} jumped over ${jumped}`)
    }),
  )
}
