import type { NoticeReason } from '../model/notice.ts'
import type { Severity } from '../model/monitor.ts'
import type { Step } from '../model/step.ts'
import { isRepeated, REPEAT_HORIZON_MS, stepPlace, type StepPlace } from './step-order.ts'
import { assert } from '../std/assert.ts'

/** A86: more open groups than this are refused and counted. */
const GROUP_COUNT_MAX = 10_000

/** Pages remembered during a restart (D5); of more the end is told by nobody. */
const REMINDED_MAX = 100_000

/** A group of alerts for one receiver, as one route makes it. */
export type Routed = {
  readonly receiver: string
  readonly labels: Readonly<Record<string, string>>
  readonly groupWaitMs: number
  readonly groupIntervalMs: number
  readonly repeatMs: number
}

/** A step as it was read, with where it lies in `transitions` and when it was appended. */
export type Arrival = {
  readonly step: Step
  readonly partition: number
  readonly offset: number
  readonly time: number
  /** Where its alert is routed; empty until the stage `route`, and for ends. */
  readonly routes: readonly Routed[]
}

/** A step that a receiver is to be told and has not been. */
export type OwedStep = {
  readonly id: string
  readonly partition: number
  readonly offset: number
  readonly level: Severity
  readonly why: 'page' | 'raised' | 'unacked' | 'end'
  /** When it was read here, and whether a site had it long before (A77). */
  readonly arrivedAt: number
  readonly isOld: boolean
}

/** One alert in one group. */
export type PlanMember = {
  newest: Step
  isOpen: boolean
  isAcked: boolean
  /** What the receiver was told is open, so that its end is owed. */
  told: { readonly episode: string; readonly level: Severity } | undefined
  owed: OwedStep[]
  readonly partition: number
  /** Offset of the step that opened it: a restart reads from there. */
  readonly openedOffset: number
  /** Every notice that told of it lies here or later in `notices`. */
  noticeOffset: number
}

export type PlanGroup = {
  /** `groupHash` of receiver and labels (A61). */
  readonly id: string
  /** Timings follow the route as it is now. */
  route: Routed
  readonly openedAt: number
  /** Of the newest notice; 0 before the first. */
  seq: number
  plannedAt: number
  /** From when reminders count: the newest notice, or a reminder that was held back. */
  remindedAt: number
  noticeOffset: number
  readonly members: Map<string, PlanMember>
}

/** One alert's newest step, so that a repeat is known, and the groups that hold it. */
type PlanAlert = {
  readonly place: StepPlace
  readonly offset: number
  readonly time: number
  readonly partition: number
  readonly groups: Set<PlanGroup>
}

type Cover = {
  readonly noticeOffset: number
  readonly partition: number
  readonly offset: number
}

/** Per partition of `transitions`: where a restart reads from, and what is decided below. */
export type PlanFloor = { readonly floor: number; readonly settled: number }

/**
 * Who is to be told what: the fold of `transitions` and `notices` that plan keeps in memory. Its
 * owner writes it; nothing in it is stored but by `floors`, from which it can be built again.
 */
export class PlanState {
  readonly groups = new Map<string, PlanGroup>()
  readonly #alerts = new Map<string, PlanAlert>()
  readonly #newestTimes: number[] = []
  readonly #reminded = new Map<string, Arrival>()
  /** Which notice covers which step, until the step is settled. */
  #covers: Cover[] = []

  /** True once a step has been folded: the evaluator repeats steps after a crash (A9). */
  isRepeat(step: Step): boolean {
    return isRepeated(stepPlace(step), this.#alerts.get(step.fingerprint)?.place)
  }

  /** Remembers a step, newer than any of its alert; returns the groups that hold the alert. */
  remember({ step, partition, offset, time }: Arrival): ReadonlySet<PlanGroup> {
    const { fingerprint } = step
    const before = this.#alerts.get(fingerprint)
    const groups = before?.groups ?? new Set<PlanGroup>()
    // Deleted first, so that the map stays in order of the newest step.
    this.#alerts.delete(fingerprint)
    this.#alerts.set(fingerprint, { place: stepPlace(step), offset, time, partition, groups })
    this.#newestTimes[partition] = Math.max(this.#newestTimes[partition] ?? 0, time)
    for (const group of groups) {
      const member = group.members.get(fingerprint)
      if (member !== undefined && step.kind === 'condition') member.newest = step
    }
    return groups
  }

  /** The group of that id, made where there is none; undefined at the bound (A86). */
  group(id: string, make: () => Omit<PlanGroup, 'id' | 'members'>): PlanGroup | undefined {
    const there = this.groups.get(id)
    if (there !== undefined) return there
    if (this.groups.size >= GROUP_COUNT_MAX) return undefined
    const group = { id, members: new Map<string, PlanMember>(), ...make() }
    this.groups.set(id, group)
    return group
  }

  /** The alert's place in a group; `arrival` opens it where it is not there yet. */
  member(group: PlanGroup, arrival: Arrival): PlanMember {
    const { step, partition, offset } = arrival
    const there = group.members.get(step.fingerprint)
    if (there !== undefined) return there
    const member: PlanMember = {
      newest: step,
      isOpen: true,
      isAcked: false,
      told: undefined,
      owed: [],
      partition,
      openedOffset: offset,
      noticeOffset: Number.POSITIVE_INFINITY,
    }
    group.members.set(step.fingerprint, member)
    const alert = this.#alerts.get(step.fingerprint)
    assert(alert !== undefined, 'a step is remembered before it joins a group')
    alert.groups.add(group)
    return member
  }

  /** The groups that hold an alert. */
  groupsOf(fingerprint: string): readonly PlanGroup[] {
    return [...(this.#alerts.get(fingerprint)?.groups ?? [])]
  }

  /** Keeps a page while the state is built again, for what a site may have told of it (A77). */
  remind(page: Arrival): void {
    if (page.routes.length > 0 && this.#reminded.size < REMINDED_MAX) {
      this.#reminded.set(page.step.id, page)
    }
  }

  reminded(stepId: string): Arrival | undefined {
    return this.#reminded.get(stepId)
  }

  forgetReminded(): void {
    this.#reminded.clear()
  }

  /** Drops members that are over with nothing owed, and the group when none is left. */
  tidy(group: PlanGroup): void {
    for (const [fingerprint, member] of group.members) {
      if (member.isOpen || member.owed.length > 0) continue
      group.members.delete(fingerprint)
      this.#alerts.get(fingerprint)?.groups.delete(group)
    }
    if (group.members.size === 0) this.groups.delete(group.id)
  }

  /**
   * Per partition, from `next` (the next offset to read): below `settled` every step is decided;
   * from `floor` on lies all that a restart needs to know what is open and what is a repeat.
   */
  floors(next: readonly number[]): PlanFloor[] {
    const settled = [...next]
    const floor = [...next]
    const lower = (to: number[], partition: number, offset: number) => {
      to[partition] = Math.min(to[partition] ?? offset, offset)
    }
    for (const { members } of this.groups.values()) {
      for (const { partition, openedOffset, owed } of members.values()) {
        lower(floor, partition, openedOffset)
        for (const step of owed) lower(settled, partition, step.offset)
      }
    }
    this.#forget()
    for (const { partition, offset } of this.#alerts.values()) lower(floor, partition, offset)
    return next.map((offset, partition) => {
      const decided = settled[partition] ?? offset
      return { floor: Math.min(floor[partition] ?? offset, decided), settled: decided }
    })
  }

  /** A notice at or after `noticeOffset` covers the step. */
  cover(noticeOffset: number, { partition, offset }: Pick<OwedStep, 'partition' | 'offset'>): void {
    this.#covers.push({ noticeOffset, partition, offset })
  }

  /** The lowest offset of `notices` that a restart from `floors` needs, or `end`. */
  noticesFloor(end: number, floors: readonly PlanFloor[]): number {
    this.#covers = this.#covers.filter(
      ({ partition, offset }) => offset >= (floors[partition]?.settled ?? 0),
    )
    let floor = end
    for (const { noticeOffset } of this.#covers) floor = Math.min(floor, noticeOffset)
    for (const group of this.groups.values()) {
      if (group.seq > 0) floor = Math.min(floor, group.noticeOffset)
      for (const { noticeOffset } of group.members.values()) floor = Math.min(floor, noticeOffset)
    }
    return floor
  }

  #forget(): void {
    for (const [fingerprint, { groups, partition, time }] of this.#alerts) {
      const isOld = time < (this.#newestTimes[partition] ?? 0) - REPEAT_HORIZON_MS
      if (isOld && groups.size === 0) this.#alerts.delete(fingerprint)
    }
  }
}

/** Why each notice was planned goes with it; the strongest reason wins. */
export type DueGroup = { readonly group: PlanGroup; readonly reason?: NoticeReason }
