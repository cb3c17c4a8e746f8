import type { Step } from '../model/step.ts'
import { isRepeated, REPEAT_HORIZON_MS, stepPlace, type StepPlace } from './step-order.ts'
import type { Arrival } from './plan-state.ts'
import { isPage, stepEffect } from './step-effect.ts'

/** How long an alert that is over is sent again (alerting.md 10). */
const ENDED_MS = 900_000

type Labels = Readonly<Record<string, string>>

/** One alert as an Alertmanager knows it: its label set is its name there. */
export type KeptAlert = {
  readonly step: Step
  readonly startsAt: number
  /** When it was over, event time; undefined while it is open. */
  readonly endsAt: number | undefined
  /** Wall time from which it is not sent again. */
  readonly until: number
}

/** What one partition's alerts look like to an Alertmanager, folded from its steps. */
export class AlertmanagerState {
  readonly #isRouted: (labels: Labels) => boolean
  readonly #newest = new Map<string, { place: StepPlace; offset: number; time: number }>()
  readonly #kept = new Map<string, { alerts: KeptAlert[]; openedOffset: number }>()
  /** Steps that nobody was told of yet: id → offset. */
  readonly #untold = new Map<string, { step: Step; offset: number; time: number }>()

  constructor(isRouted: (labels: Labels) => boolean) {
    this.#isRouted = isRouted
  }

  /** Folds one step; answers whether something is to be sent, by a named reason. */
  take({ step, offset, time }: Arrival): 'changed' | 'repeated' | 'no_notice' | 'unrouted' {
    const effect = stepEffect(step)
    if (effect === 'none' || step.kind !== 'condition') return 'no_notice'
    const { fingerprint } = step
    const place = stepPlace(step)
    if (isRepeated(place, this.#newest.get(fingerprint)?.place)) return 'repeated'
    this.#newest.delete(fingerprint)
    this.#newest.set(fingerprint, { place, offset, time })
    const kept = this.#kept.get(fingerprint)
    const isRouted = this.#isRouted(step.labels)
    const isOpening = isPage(effect) && isRouted
    if (kept === undefined && !isOpening) return effect === 'end' ? 'no_notice' : 'unrouted'
    const { alerts, openedOffset } = kept ?? { alerts: [], openedOffset: offset }
    const others = alerts.filter((alert) => !isSameName(alert.step.labels, step.labels))
    const until = time + ENDED_MS
    // A raise makes another alert of it over there, so the one under the old labels is over.
    const ended = others.map((alert) =>
      alert.endsAt === undefined ? { ...alert, endsAt: step.at, until } : alert,
    )
    const startsAt = step.fired_at ?? step.active_at ?? step.at
    const endsAt = effect === 'end' || !isRouted ? step.at : undefined
    const isShown = isRouted || others.length < alerts.length
    const current = isShown ? [{ step, startsAt, endsAt, until }] : []
    this.#kept.set(fingerprint, { alerts: [...ended, ...current], openedOffset })
    if (effect !== 'update') this.#untold.set(step.id, { step, offset, time })
    return 'changed'
  }

  /** The log says that this step was told. */
  told(stepId: string): void {
    this.#untold.delete(stepId)
  }

  /** The steps not told yet. */
  untold(): { readonly step: Step; readonly time: number }[] {
    return [...this.#untold.values()]
  }

  /** All to send now: what is open, over for less than 15 min, or over and nowhere known to be. */
  alerts(now: number): KeptAlert[] {
    const untold = new Set([...this.#untold.values()].map(({ step }) => step.fingerprint))
    for (const [fingerprint, { alerts, openedOffset }] of this.#kept) {
      const isUntold = untold.has(fingerprint)
      const alive = alerts.filter(
        ({ endsAt, until }) => endsAt === undefined || until > now || isUntold,
      )
      if (alive.length === 0) this.#kept.delete(fingerprint)
      else if (alive.length < alerts.length) {
        this.#kept.set(fingerprint, { alerts: alive, openedOffset })
      }
    }
    return [...this.#kept.values()].flatMap(({ alerts }) => alerts)
  }

  /** Where a restart has to read from; `next` is the next offset to read. */
  floor(next: number): number {
    let floor = next
    let newestAt = 0
    for (const { time } of this.#newest.values()) newestAt = Math.max(newestAt, time)
    for (const [fingerprint, { offset, time }] of this.#newest) {
      const isOld = time < newestAt - REPEAT_HORIZON_MS
      if (isOld && !this.#kept.has(fingerprint)) this.#newest.delete(fingerprint)
      else floor = Math.min(floor, offset)
    }
    for (const { openedOffset } of this.#kept.values()) floor = Math.min(floor, openedOffset)
    for (const { offset } of this.#untold.values()) floor = Math.min(floor, offset)
    return floor
  }
}

const isSameName = (a: Labels, b: Labels): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, value]) => Object.hasOwn(b, name) && b[name] === value)
