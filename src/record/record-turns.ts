import { appendedAt, reachableFrom, type Claim } from '../log/log.ts'
import type { RecordDeps } from './record-deps.ts'
import { Recorded } from './recorded.ts'
import { decodeRecordNote } from './record-note.ts'
import { TurnReader, type RecordKind } from './turn-reader.ts'

/** A first row that waited longer than this is history: what is fresh goes before it. */
const FRESH_MS = 60_000

/**
 * Copies the claimed partition into the store until the claim's signal aborts; the turn in hand
 * is finished first (D4). A position is good for one store only, whose identity is the note
 * beside it: for another store, made anew after damage, reading begins again at the log's start.
 *
 * After an outage what is fresh is recorded at once, and what waited is filled in beside it, so
 * that whoever looks at the store sees now first (D6, ADR 0030).
 */
export async function recordTurns<T>(
  deps: RecordDeps,
  claim: Claim,
  kind: RecordKind<T>,
): Promise<void> {
  const identity = await deps.store.migrate()
  const recorded = await standing(deps, claim, identity)
  const freshFrom = await freshOffset(deps, claim, recorded.end)
  await new TurnReader(deps, claim, { kind, identity, recorded, freshFrom }).run()
}

/** What of the partition lies in this store already. */
async function standing(
  { log, onGap }: RecordDeps,
  claim: Claim,
  identity: string,
): Promise<Recorded> {
  const position = await log.position(claim)
  const note = decodeRecordNote(position.note)
  const { start, end } = (await log.ends(claim.topic))[claim.partition] ?? { start: 0, end: 0 }
  const isOurs = position.note === '' || note.identity === identity
  const wanted = isOurs ? position.offset : start
  const { offset, gap } = await reachableFrom(log, { at: claim, offset: wanted })
  if (gap !== undefined) onGap?.(gap)
  // Where the log's end went back, other rows stand at the offsets that were recorded.
  const isSame = isOurs && gap?.reason !== 'lost' && note.done.every(({ to }) => to <= end)
  return new Recorded(offset, isSame ? note.done : [])
}

/** The end, where what comes next has waited for long; else where reading goes on anyway. */
async function freshOffset(
  { log, clock }: RecordDeps,
  { topic, partition }: Claim,
  from: number,
): Promise<number> {
  const { end } = (await log.ends(topic))[partition] ?? { end: from }
  const oldest = await appendedAt(log, { topic, partition, from })
  const isOld = oldest !== undefined && clock.now() - oldest > FRESH_MS
  return isOld ? Math.max(from, end) : from
}
