import type { Step } from '../model/step.ts'

/** How far an alert's life has been read: the episode's activeAt, then the seq within it. */
export type StepPlace = { readonly activeAt: number; readonly seq: number }

/** Where a step stands in its alert's life; episode = fingerprint + `-` + activeAt (A12). */
export const stepPlace = ({ episode, seq }: Pick<Step, 'episode' | 'seq'>): StepPlace => ({
  activeAt: Number(episode.slice(episode.lastIndexOf('-') + 1)),
  seq,
})

/**
 * Whether a step was read before: the evaluator repeats steps after a crash, and the first of an
 * id counts (A9). A forgotten instance begins its seq anew (A45), but in a later episode.
 */
export const isRepeated = (place: StepPlace, newest: StepPlace | undefined): boolean =>
  newest !== undefined &&
  (place.activeAt < newest.activeAt ||
    (place.activeAt === newest.activeAt && place.seq <= newest.seq))

/** How long an alert that is over is remembered after its newest step, so repeats are known. */
export const REPEAT_HORIZON_MS = 3_600_000
