import type {
  AlertView,
  Cells,
  LiveEvents,
  Roster,
  Sites,
  StepNews,
} from '../../src/serve/contract.ts'

/** An acknowledgement on its way: solid once the step comes back (U9). */
export type AckOnItsWay = {
  readonly by: string
  readonly kind: 'ack' | 'unack'
  readonly state: 'requested' | 'unconfirmed' | 'refused'
  readonly why: string
}

/** All that the screens show; replaced as a whole on every change. */
export type WallState = {
  readonly build: string
  readonly you: string
  readonly roster: Roster | undefined
  readonly cells: Cells | undefined
  readonly sites: Sites | undefined
  /** Keyed by episode. */
  readonly alerts: ReadonlyMap<string, AlertView>
  /** Oldest first. */
  readonly recent: readonly StepNews[]
  readonly acks: ReadonlyMap<string, AckOnItsWay>
  /** Milliseconds of the local monotonic clock when the last frame came; undefined before. */
  readonly frameAt: number | undefined
  readonly isStale: boolean
}

const RECENT_MAX = 100

const start: WallState = {
  build: '',
  you: '',
  roster: undefined,
  cells: undefined,
  sites: undefined,
  alerts: new Map(),
  recent: [],
  acks: new Map(),
  frameAt: undefined,
  isStale: true,
}

type Listener = () => void

/** One plain store: screens subscribe, the feed and people's acts write. */
export class WallStore {
  #state: WallState = start
  #nextRoster: Roster | undefined
  readonly #listeners = new Set<Listener>()

  get state(): WallState {
    return this.#state
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  set(change: Partial<WallState>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener()
  }

  /** The server's clock now: its last frame's time and what passed here since (U3). */
  now(): number {
    const { cells, frameAt } = this.#state
    if (cells === undefined || frameAt === undefined) return 0
    return cells.now + (performance.now() - frameAt)
  }

  foldSnapshot(snapshot: LiveEvents['snapshot']): void {
    const alerts = new Map(snapshot.alerts.map((alert) => [alert.episode, alert]))
    const { roster, cells, sites, recent } = snapshot
    this.set({ roster, cells, sites, alerts, recent, frameAt: performance.now(), isStale: false })
  }

  /** A roster is shown only together with the cells that belong to it. */
  foldRoster(roster: Roster): void {
    this.#nextRoster = roster
  }

  /** Cells of a roster that never came are not ours to draw. */
  foldCells(cells: Cells): void {
    const roster = [this.#state.roster, this.#nextRoster].find((r) => r?.version === cells.roster)
    if (roster === undefined) return
    this.set({ roster, cells, frameAt: performance.now(), isStale: false })
  }

  foldSteps({ steps, alerts: changed, closed }: LiveEvents['steps']): void {
    const alerts = new Map(this.#state.alerts)
    const acks = new Map(this.#state.acks)
    for (const alert of changed) {
      alerts.set(alert.episode, alert)
      const wanted = acks.get(alert.episode)?.kind
      if (wanted !== undefined && (wanted === 'ack') === (alert.ack !== null)) {
        acks.delete(alert.episode)
      }
    }
    for (const episode of closed) {
      alerts.delete(episode)
      acks.delete(episode)
    }
    this.set({ alerts, acks, recent: [...this.#state.recent, ...steps].slice(-RECENT_MAX) })
  }

  setAck(episode: string, ack: AckOnItsWay | undefined): void {
    const acks = new Map(this.#state.acks)
    if (ack === undefined) acks.delete(episode)
    else acks.set(episode, ack)
    this.set({ acks })
  }
}
