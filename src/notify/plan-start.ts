import { reachableFrom, type Claim, type Log, type TellGap } from '../log/log.ts'
import { decodePlanNote, type PlanNote } from './plan-note.ts'

type PlanStart = {
  /** Where to read `notices` from. */
  readonly offset: number
  readonly noted: PlanNote
}

/**
 * Where the plan goes on in both of its logs. Where steps or notices were lost it knows nothing and
 * reads both from their starts: what it finds said there it does not say again.
 */
export async function planStart(
  { log, onGap }: { readonly log: Log; readonly onGap?: TellGap },
  claim: Claim,
): Promise<PlanStart> {
  const { offset: committed, note } = await log.position(claim)
  const noted = decodePlanNote(note)
  const standings = [
    { at: claim, offset: committed },
    ...noted.floors.map(({ floor: offset }, partition) => ({
      at: { topic: 'transitions', partition },
      offset,
    })),
  ]
  let isLost = false
  let next = committed
  for (const standing of standings) {
    const { offset, gap } = await reachableFrom(log, standing)
    if (standing.at === claim) next = offset
    if (gap === undefined) continue
    onGap?.(gap)
    isLost ||= gap.reason === 'lost'
  }
  if (!isLost) return { offset: next, noted }
  const [notices] = await log.ends('notices')
  return { offset: notices?.start ?? 0, noted: { ...noted, epochBefore: 0, floors: [] } }
}
