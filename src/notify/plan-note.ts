import type { PlanFloor } from './plan-state.ts'

/** Plan's note beside its position in `notices`: at most 4,096 bytes, so about 150 partitions. */
export type PlanNote = {
  /** The highest epoch seen, and the one in force at the position itself. */
  readonly epoch: number
  readonly epochBefore: number
  /** By partition of `transitions`. */
  readonly floors: readonly PlanFloor[]
}

/** One position and one note, so that both logs' positions move in one commit or not at all. */
export const encodePlanNote = ({ epoch, epochBefore, floors }: PlanNote): string => {
  const pairs = floors.flatMap(({ floor, settled }) => [floor, settled - floor])
  return JSON.stringify([epoch, epochBefore, ...pairs])
}

/** A note that is absent or foreign means: read everything again. */
export function decodePlanNote(note: string): PlanNote {
  if (!/^\[\d+(,\d+)*\]$/.test(note)) return { epoch: 0, epochBefore: 0, floors: [] }
  const [epoch = 0, epochBefore = 0, ...pairs] = note.slice(1, -1).split(',').map(Number)
  const floors = Array.from({ length: Math.floor(pairs.length / 2) }, (_, partition) => {
    const floor = pairs[2 * partition] ?? 0
    return { floor, settled: floor + (pairs[2 * partition + 1] ?? 0) }
  })
  return { epoch, epochBefore, floors }
}
