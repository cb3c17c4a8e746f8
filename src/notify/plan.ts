import { compileRoutes } from '../alert/route.ts'
import type { Claim, Log, TellGap } from '../log/log.ts'
import { assert } from '../std/assert.ts'
import { utf8 } from '../std/bytes.ts'
import type { Clock } from '../std/clock.ts'
import { encodeNotice } from '../wire/notice-codec.ts'
import type { CountReason } from './count-reason.ts'
import { dueAt } from './stages/gather-stage.ts'
import type { NotifySpec } from './notify-spec.ts'
import { beginEpoch, type EpochStart } from './plan-epoch.ts'
import { encodePlanNote } from './plan-note.ts'
import { planStart } from './plan-start.ts'
import { speaksAt } from './stages/adopt-stage.ts'
import type { Adopt, PlanContext, PlanTurn } from './stages/plan-stage.ts'
import { planStages } from './stages/plan-stages.ts'
import { PlanState } from './plan-state.ts'
import { SaidSteps } from './said-steps.ts'
import { TransitionsInbox, type InboxBatch } from './transitions-inbox.ts'

const SESSION_MS = 10_000
const REBALANCE_MS = 25_000
/** How long a quiet plan lets its position stand: a restart reads so much more, and tells none. */
const COMMIT_MS = 1_000

export type PlanOptions = {
  readonly log: Log
  /** Its routes were checked when the configuration was read. */
  readonly spec: NotifySpec
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly count: CountReason
  /** Absent where nothing can be missing. */
  readonly onGap?: TellGap
  /** Where steps lie at a site and in its cloud: which of them this is. */
  readonly adopt?: Adopt
}

/**
 * Decides who is told of the steps in `transitions`, and appends that to `notices`, until the
 * signal aborts. One owner: whoever holds the one partition of `notices` in group `plan` (A60).
 *
 * Its only position is that in `notices`; the note beside it has two offsets for each partition
 * of `transitions`. From `floor` on lies every step that opened what is still open; below `settled`
 * every step is decided, and the position itself is at or before every notice that covers a step
 * from `settled` on or that told of something still open. So whatever a restart reads again is
 * either known as said or decided alike, whenever it comes: what is told depends on the steps
 * alone, and only how they are cut into notices depends on time (A74).
 * @throws what the log throws; the supervisor begins again.
 */
export async function runPlan(options: PlanOptions): Promise<void> {
  const { log, signal } = options
  const ending = new AbortController()
  const end = () => ending.abort()
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  const group = {
    group: 'plan',
    topics: ['notices'],
    start: 'earliest',
    sessionMs: SESSION_MS,
    rebalanceMs: REBALANCE_MS,
  } as const
  try {
    for await (const claim of log.claims(group, ending.signal)) {
      try {
        await new Planner(options, claim).run()
      } finally {
        claim.release()
      }
    }
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}

/** The life of one claim on `notices`. */
class Planner {
  readonly #options: PlanOptions
  readonly #claim: Claim
  readonly #state = new PlanState()
  #context: PlanContext
  #starts: readonly EpochStart[] = []
  /** By partition of `transitions`: the next offset to fold, and where the restart is over. */
  #next: number[] = []
  #restoredAt: number[] = []
  #committedAt = 0
  #isDirty = false

  constructor(options: PlanOptions, claim: Claim) {
    this.#options = options
    this.#claim = claim
    const { spec, adopt } = options
    this.#context = { ...contextOf(spec, this.#state), ...(adopt !== undefined && { adopt }) }
  }

  async run(): Promise<void> {
    const { log, count } = this.#options
    const reading = new AbortController()
    await this.#begin()
    const inbox = new TransitionsInbox({ log, from: this.#next, signal: reading.signal, count })
    const running = inbox.run()
    const ring = () => inbox.changed.ring()
    this.#claim.signal.addEventListener('abort', ring, { once: true })
    try {
      while (!this.#claim.signal.aborted && inbox.failure === undefined) {
        await this.#turn(inbox)
      }
      if (inbox.failure === undefined) await this.#commit()
    } finally {
      reading.abort()
      await running
    }
    if (inbox.failure !== undefined) throw inbox.failure.error
  }

  /** Becomes the owner (A61), with all that earlier owners said in mind. */
  async #begin(): Promise<void> {
    const { log, clock, count } = this.#options
    const { offset, noted } = await planStart(this.#options, this.#claim)
    const ends = await log.ends('transitions')
    const said = new SaidSteps(noted.floors.map(({ settled }) => settled))
    const { epoch, starts, end } = await beginEpoch({
      ...noted,
      ...{ log, claim: this.#claim, offset, now: clock.now(), count },
      said: (notice, at) => said.add(notice, at),
    })
    this.#starts = starts
    this.#next = ends.map(({ start }, i) => Math.max(noted.floors[i]?.floor ?? 0, start))
    this.#restoredAt = ends.map(({ end: at }) => at)
    this.#context = { ...this.#context, said, epoch, noticeOffset: end }
    this.#committedAt = clock.now()
  }

  /** One batch, or what time alone makes due, or a wait for either. */
  async #turn(inbox: TransitionsInbox): Promise<void> {
    const batch = inbox.take()
    if (batch !== undefined) this.#next[batch.partition] = batch.next
    const isRestoring = this.#isRestoring()
    const notices = this.#decide(batch, isRestoring)
    if (!isRestoring) this.#context.said.forget()
    if (notices.length > 0) await this.#append(notices)
    const isDue = this.#isDirty && this.#options.clock.now() >= this.#committedAt + COMMIT_MS
    if (notices.length > 0 || isDue) await this.#commit()
    if (batch === undefined) await this.#wait(inbox)
  }

  #isRestoring(): boolean {
    return this.#restoredAt.some((end, partition) => (this.#next[partition] ?? 0) < end)
  }

  #decide(batch: InboxBatch | undefined, isRestoring: boolean): PlanTurn['notices'] {
    const { clock, count } = this.#options
    const { arrivals = [], tolds = [] } = batch ?? {}
    if (arrivals.length > 0) this.#isDirty = true
    const begun = { now: clock.now(), isRestoring, arrivals, tolds }
    let turn: PlanTurn = { ...begun, groups: [], notices: [] }
    for (const { name, stage } of planStages) {
      const decided = stage(turn, this.#context)
      turn = decided.turn
      for (const { reason, count: times } of decided.reasons) {
        if (times > 0) count(name, reason, times)
      }
    }
    return turn.notices
  }

  async #append(notices: PlanTurn['notices']): Promise<void> {
    const { log } = this.#options
    const rows = notices.map((notice) => {
      const key = utf8(notice.key.slice(0, notice.key.indexOf('-')))
      return { key, value: encodeNotice(notice) }
    })
    await log.append('notices', rows)
    const [bounds] = await log.ends('notices')
    this.#context = { ...this.#context, noticeOffset: bounds?.end ?? 0 }
  }

  /** Outputs are durable by now (D2). What is half restored knows too little to be committed. */
  async #commit(): Promise<void> {
    if (this.#isRestoring()) return
    const { log, clock } = this.#options
    const floors = this.#state.floors(this.#next)
    const offset = this.#state.noticesFloor(this.#context.noticeOffset, floors)
    const before = this.#starts.filter((start) => start.offset < offset)
    const epochBefore = Math.max(0, ...before.map(({ epoch }) => epoch))
    const note = encodePlanNote({ epoch: this.#context.epoch, epochBefore, floors })
    await log.commit(this.#claim, offset, note)
    this.#committedAt = clock.now()
    this.#isDirty = false
  }

  async #wait(inbox: TransitionsInbox): Promise<void> {
    const { clock } = this.#options
    const dues = [...this.#state.groups.values()].flatMap((group) => {
      const at = dueAt(group)
      return at === undefined ? [] : Math.max(at, speaksAt(group, this.#context))
    })
    if (this.#isDirty) dues.push(this.#committedAt + COMMIT_MS)
    const sleeping = new AbortController()
    const waits = [inbox.changed.wait(sleeping.signal)]
    const { adopt } = this.#context
    if (adopt?.as === 'site') waits.push(adopt.link.changed.wait(sleeping.signal))
    let nextAt = Number.POSITIVE_INFINITY
    for (const at of dues) nextAt = Math.min(nextAt, at)
    if (nextAt < Number.POSITIVE_INFINITY && !this.#isRestoring()) {
      waits.push(clock.sleep(Math.max(nextAt - clock.now(), 0), sleeping.signal))
    }
    await Promise.race(waits)
    sleeping.abort()
  }
}

function contextOf({ receivers, route: root }: NotifySpec, state: PlanState): PlanContext {
  const compiled = compileRoutes(root)
  assert(compiled.ok, 'routes are checked when the configuration is read')
  return {
    receivers: new Map(receivers.map((receiver) => [receiver.name, receiver])),
    root,
    route: compiled.route,
    state,
    said: new SaidSteps([]),
    epoch: 0,
    noticeOffset: 0,
  }
}
