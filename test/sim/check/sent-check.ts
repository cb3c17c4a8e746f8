import type { World } from '../world/world.ts'
import { Violation } from './ledger.ts'
import type { RowFold } from './row-fold.ts'

/**
 * Each row that its sender was told is taken counts: once where it has a number of its own or of
 * the collector's (D7), else at least once. And none counts that nobody sent. @throws Violation.
 */
export function checkSent(world: World, folds: readonly RowFold[]): void {
  const counts = new Map<string, number>()
  for (const fold of folds) {
    for (const { u } of fold.counted) {
      if (typeof u === 'string') counts.set(u, (counts.get(u) ?? 0) + 1)
    }
  }
  const { scenario, senders, foreigner } = world
  const tail = scenario.tail.flatMap(({ lines }) => lines)
  const read = scenario.tail.filter(({ atMs }) => atMs < scenario.endMs - scenario.lagMs)
  const taken = [...senders.flatMap(({ acked }) => acked), ...read.flatMap(({ lines }) => lines)]
  for (const line of taken) {
    const name = nameIn(line)
    if (name === undefined) continue
    const count = counts.get(name) ?? 0
    const isOnce = count === 1 || (count > 1 && name.startsWith('hello'))
    if (!isOnce) throw new Violation(`the row ${name} was taken, and counts ${count} times`)
  }
  for (const line of foreigner.acked) {
    const name = nameIn(line)
    if (name !== undefined && !counts.has(name)) throw new Violation(`the row ${name} is lost`)
  }
  const sent = [...scenario.senders.flatMap(({ posts }) => posts), ...scenario.foreign]
  const names = new Set([...sent.flatMap(({ lines }) => lines), ...tail].map(nameIn))
  for (const name of counts.keys()) {
    if (!names.has(name)) throw new Violation(`nobody sent the row ${name}`)
  }
}

/** What our own rows are called; hostile ones have no such name. */
const nameIn = (line: string): string | undefined => /"u":"([^"]+)"\}$/.exec(line)?.[1]
